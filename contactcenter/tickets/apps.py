from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "contactcenter.tickets"
    label = "tickets"
