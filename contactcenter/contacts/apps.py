from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contactcenter.contacts"
    label = "contacts"
