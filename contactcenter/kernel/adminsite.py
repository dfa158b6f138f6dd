from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Install the back office as the default admin site."""

    default_site = "contactcenter.kernel.backoffice.BackOffice"
