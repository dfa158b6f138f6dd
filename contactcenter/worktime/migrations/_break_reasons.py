"""The reasons for a break that the console offers until an administrator changes them."""

from django.db.migrations import RunSQL

ADD = """
INSERT INTO worktime_breakreason (reason, labels, position, is_active) VALUES
    ('rest', '{"en": "Short break", "ru": "Короткий перерыв", "es": "Pausa corta"}', 1, true),
    ('meal', '{"en": "Meal", "ru": "Обед", "es": "Comida"}', 2, true),
    ('training', '{"en": "Training", "ru": "Обучение", "es": "Formación"}', 3, true),
    ('meeting', '{"en": "Meeting", "ru": "Совещание", "es": "Reunión"}', 4, true),
    ('technical', '{"en": "Technical problem", "ru": "Технические неполадки", "es": "Problema técnico"}', 5, true)
"""

BREAK_REASONS = [RunSQL(ADD, RunSQL.noop)]
