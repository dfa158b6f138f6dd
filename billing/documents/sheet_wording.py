"""The plain words of price sheets and quotes in English, Russian and Spanish. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from billing.documents.wording import Wording

_ROWS: Mapping[str, tuple[str, str, str]] = {
    "price_sheet": ("Price sheet", "Прейскурант", "Lista de precios"),
    "client": ("For", "Для", "Para"),
    "quote": ("Offer", "Предложение", "Oferta"),
    "version": ("Version {number}", "Версия {number}", "Versión {number}"),
    "valid_until": ("Valid until", "Действительно до", "Válida hasta"),
    "starts": ("Start", "Начало", "Inicio"),
    "from_day": ("In force from", "Действует с", "En vigor desde"),
    "billed_each": ("Billed each", "Счёт выставляется", "Se factura"),
    "currency": ("Currency", "Валюта", "Moneda"),
    "month": ("calendar month", "за календарный месяц", "por mes natural"),
    "28_days": ("28 days", "за 28 дней", "cada 28 días"),
    "per_month": ("/ month", "/ месяц", "/ mes"),
    "per_28_days": ("/ 28 days", "/ 28 дней", "/ 28 días"),
    "section_usage": ("What you use", "Использование", "Consumo"),
    "section_changes": ("Surcharges, discounts, the cap", "Надбавки, скидки и предел", "Recargos, descuentos y tope"),
    "section_commitments": ("Minimums", "Минимумы", "Mínimos"),
    "section_recurring": ("Regular fees", "Регулярные платежи", "Cuotas periódicas"),
    "section_once": ("Fees for an occasion", "Разовые платежи", "Cargos puntuales"),
    "section_credits": ("Credits", "Вычеты", "Abonos"),
    "per_contact": ("/ contact", "/ обращение", "/ contacto"),
    "per_message": ("/ message", "/ сообщение", "/ mensaje"),
    "per_segment": ("/ SMS part", "/ часть SMS", "/ segmento SMS"),
    "per_order": ("/ order", "/ заказ", "/ pedido"),
    "unit_minute": ("min", "мин", "min"),
    "unit_hour": ("h", "ч", "h"),
    "unit_contact": ("contacts", "обращений", "contactos"),
    "unit_message": ("messages", "сообщений", "mensajes"),
    "unit_segment": ("SMS parts", "частей SMS", "segmentos SMS"),
    "unit_order": ("orders", "заказов", "pedidos"),
    "applies": ("For: {what}.", "Для: {what}.", "Para: {what}."),
    "any_contact": ("every contact", "любых обращений", "cualquier contacto"),
    "incoming": ("incoming", "входящие", "entrantes"),
    "outgoing": ("outgoing", "исходящие", "salientes"),
    "languages": ("languages {list}", "языки {list}", "idiomas {list}"),
    "queues": ("queues {list}", "очереди {list}", "colas {list}"),
    "campaigns": ("campaigns {list}", "кампании {list}", "campañas {list}"),
    "on_holidays": ("on holidays", "в праздничные дни", "en festivos"),
    "not_holidays": ("except on holidays", "кроме праздничных дней", "salvo festivos"),
    "counted": ("Time counted: {what}.", "Учитывается время: {what}.", "Tiempo que cuenta: {what}."),
    "increment_none": (
        "Billed to the second, never rounded up.",
        "Оплата посекундно, без округления вверх.",
        "Se factura al segundo, sin redondear.",
    ),
    "increment_up": (
        "Billed in steps: {first} s at once, then every begun {step} s.",
        "Оплата шагами: сразу {first} с, затем каждые начатые {step} с.",
        "Se factura por pasos: {first} s de entrada y después cada {step} s iniciados.",
    ),
    "increment_half_up": (
        "Billed in steps: {first} s at once, then the nearest {step} s (a half counts up).",
        "Оплата шагами: сразу {first} с, затем до ближайших {step} с (половина — вверх).",
        "Se factura por pasos: {first} s de entrada y después los {step} s más próximos (la mitad, hacia arriba).",
    ),
    "increment_half_down": (
        "Billed in steps: {first} s at once, then the nearest {step} s (a half counts down).",
        "Оплата шагами: сразу {first} с, затем до ближайших {step} с (половина — вниз).",
        "Se factura por pasos: {first} s de entrada y después los {step} s más próximos (la mitad, hacia abajo).",
    ),
    "increment_down": (
        "Billed in steps: {first} s at once, then full {step} s only.",
        "Оплата шагами: сразу {first} с, затем только полные {step} с.",
        "Se factura por pasos: {first} s de entrada y después solo {step} s completos.",
    ),
    "increment_example": (
        "A contact of {raw} s is billed as {billed} s.",
        "Обращение в {raw} с оплачивается как {billed} с.",
        "Un contacto de {raw} s se factura como {billed} s.",
    ),
    "grace": (
        "A contact of up to {seconds} s is free.",
        "Обращение до {seconds} с бесплатно.",
        "Un contacto de hasta {seconds} s es gratis.",
    ),
    "grace_some": (
        "A contact of up to {seconds} s is free, the first {count} of a period.",
        "Обращение до {seconds} с бесплатно, первые {count} за период.",
        "Un contacto de hasta {seconds} s es gratis, los {count} primeros del período.",
    ),
    "least": (
        "A contact is billed at least {seconds} s.",
        "Обращение оплачивается не менее чем за {seconds} с.",
        "Un contacto se factura como mínimo por {seconds} s.",
    ),
    "wrap_most": (
        "Of wrap-up at most {seconds} s count.",
        "Постобработка учитывается не более {seconds} с.",
        "Del cierre cuentan como máximo {seconds} s.",
    ),
    "wrap_fixed": (
        "Wrap-up always counts as {seconds} s.",
        "Постобработка всегда учитывается как {seconds} с.",
        "El cierre cuenta siempre como {seconds} s.",
    ),
    "included": (
        "Included in each period: {count} {unit}.",
        "Включено в период: {count} {unit}.",
        "Incluido en cada período: {count} {unit}.",
    ),
    "included_version": (
        "What is included ends where new prices take effect.",
        "Включённое действует до вступления новых цен.",
        "Lo incluido termina cuando entran en vigor nuevos precios.",
    ),
    "connect": (
        "Plus {price} for each contact that is billed.",
        "Плюс {price} за каждое оплачиваемое обращение.",
        "Más {price} por cada contacto facturado.",
    ),
    "contact_cap": (
        "A contact costs at most {price}.",
        "Обращение стоит не более {price}.",
        "Un contacto cuesta como máximo {price}.",
    ),
    "beside": (
        "Charged beside the other prices of the contact.",
        "Начисляется сверх других цен обращения.",
        "Se cobra además de los otros precios del contacto.",
    ),
    "tiers_graduated": (
        "By the period's quantity; each tier prices what falls into it:",
        "По объёму за период; каждая ступень оценивает свою часть:",
        "Según la cantidad del período; cada tramo fija el precio de lo que cae en él:",
    ),
    "tiers_volume": (
        "By the period's quantity; the tier reached prices all of it:",
        "По объёму за период; достигнутая ступень оценивает весь объём:",
        "Según la cantidad del período; el tramo alcanzado fija el precio de todo:",
    ),
    "tier_to": ("up to {count} {unit}: {price}", "до {count} {unit}: {price}", "hasta {count} {unit}: {price}"),
    "tier_above": ("above: {price}", "свыше: {price}", "por encima: {price}"),
    "tier_all": ("any quantity: {price}", "любой объём: {price}", "cualquier cantidad: {price}"),
    "tier_flat": ("and {price} once", "и {price} один раз", "y {price} una vez"),
    "tier_block": (
        "for each begun {count} {unit}",
        "за каждые начатые {count} {unit}",
        "por cada {count} {unit} iniciados",
    ),
    "by_length": ("By how long the contact lasts:", "По длительности обращения:", "Según la duración del contacto:"),
    "stage": ("from {seconds} s on: {price}", "начиная с {seconds} с: {price}", "desde {seconds} s: {price}"),
    "stage_steps": (
        "in begun steps of {seconds} s",
        "начатыми шагами по {seconds} с",
        "por pasos iniciados de {seconds} s",
    ),
    "for_each_contact": ("{price} / contact", "{price} / обращение", "{price} / contacto"),
    "on_rates": ("On: {list}.", "На: {list}.", "Sobre: {list}."),
    "on_all": ("On all usage.", "На всё использование.", "Sobre todo el consumo."),
    "free_units": ("{count} {unit} free", "{count} {unit} бесплатно", "{count} {unit} gratis"),
    "at_most": ("at most {price}", "не более {price}", "como máximo {price}"),
    "cap_text": (
        "The usage of a period costs no more, surcharges and discounts included.",
        "Использование за период не стоит больше, включая надбавки и скидки.",
        "El consumo de un período no cuesta más, con recargos y descuentos.",
    ),
    "at_least": ("at least {price}", "не менее {price}", "como mínimo {price}"),
    "minimum_usage": (
        "Where the usage of a period costs less, the difference is charged.",
        "Если использование за период стоит меньше, начисляется разница.",
        "Si el consumo del período cuesta menos, se cobra la diferencia.",
    ),
    "minimum_both": (
        "Where usage and regular fees of a period cost less, the difference is charged.",
        "Если использование и регулярные платежи за период стоят меньше, начисляется разница.",
        "Si el consumo y las cuotas del período cuestan menos, se cobra la diferencia.",
    ),
    "volume_least": ("at least {count} {unit}", "не менее {count} {unit}", "como mínimo {count} {unit}"),
    "volume_text": (
        "What is missing of “{name}” is charged at its price.",
        "Недостающее по «{name}» начисляется по его цене.",
        "Lo que falte de «{name}» se cobra a su precio.",
    ),
    "advance": ("Charged in advance.", "Начисляется авансом.", "Se cobra por adelantado."),
    "times": ("{count} × {price}", "{count} × {price}", "{count} × {price}"),
    "share": (
        "For a part of a period, its share of the days.",
        "За часть периода — пропорционально дням.",
        "Por parte de un período, según los días.",
    ),
    "whole": (
        "Charged whole for a part of a period as well.",
        "За часть периода начисляется полностью.",
        "Por parte de un período se cobra entero.",
    ),
    "once": ("Once, with the first bill.", "Один раз, с первым счётом.", "Una vez, con la primera factura."),
    "per_holiday": ("For each holiday of the period.", "За каждый праздничный день периода.", "Por cada festivo."),
    "where_booked": (
        "Only where you booked it and it was approved.",
        "Только если вы это заказали и это подтверждено.",
        "Solo si usted lo contrata y queda aprobado.",
    ),
    "tax_of": ("tax {percent} %", "налог {percent} %", "impuesto {percent} %"),
    "untaxed": ("no tax", "без налога", "sin impuesto"),
    "note_one": (
        "Where several prices fit a contact, exactly one applies: the one that stands first here.",
        "Если обращению подходят несколько цен, применяется одна: стоящая здесь первой.",
        "Si a un contacto le corresponden varios precios, se aplica solo uno: el que figura primero.",
    ),
    "note_tax": (
        "Prices are without tax; the tax named beside each price is added to it.",
        "Цены указаны без налога; налог, указанный у каждой цены, добавляется.",
        "Los precios no incluyen impuestos; se añade el indicado junto a cada precio.",
    ),
    "note_round": (
        "Each line of a bill is rounded once, a half upwards.",
        "Каждая строка счёта округляется один раз, половина — вверх.",
        "Cada línea de la factura se redondea una vez, la mitad hacia arriba.",
    ),
    "note_unpriced": (
        "A contact that no price fits is not charged.",
        "Обращение, которому не подходит ни одна цена, не оплачивается.",
        "Un contacto al que no corresponde ningún precio no se cobra.",
    ),
    "note_all": (
        "This is all that can be charged. Anything else needs your approval beforehand.",
        "Это всё, что может быть начислено. Всё остальное — только с вашего предварительного согласия.",
        "Esto es todo lo que puede cobrarse. Cualquier otra cosa requiere su aprobación previa.",
    ),
    "note_holidays": ("Holidays: {list}.", "Праздничные дни: {list}.", "Festivos: {list}."),
    "days": ("Mon Tue Wed Thu Fri Sat Sun", "пн вт ср чт пт сб вс", "lun mar mié jue vie sáb dom"),
    "service": ("Price", "Цена", "Precio"),
    "estimate": ("What to expect", "Ожидаемая стоимость", "Lo que cabe esperar"),
    "typical": ("A usual period", "Обычный период", "Un período habitual"),
    "first": ("The first bill", "Первый счёт", "La primera factura"),
    "all_periods": ("{count} periods", "Периодов: {count}", "{count} períodos"),
    "expected": ("Expected", "Ожидается", "Previsto"),
    "low_high": ("From … to", "От … до", "De … a"),
    "before_tax": ("before tax", "без налога", "sin impuestos"),
    "estimate_note": (
        "Computed by the engine that writes the invoices, from the volumes you named. Four of five periods should lie "
        "within the range; what is billed is what is used.",
        "Рассчитано тем же механизмом, что и счета, по названным вами объёмам. Четыре периода из пяти должны попасть в "
        "диапазон; оплачивается то, что использовано.",
        "Calculado por el mismo motor que las facturas, con los volúmenes que usted indicó. Cuatro de cada cinco "
        "períodos deberían quedar en el margen; se factura lo que se usa.",
    ),
    "quantity": ("Expected quantity", "Ожидаемый объём", "Cantidad prevista"),
}


@dataclass(frozen=True, slots=True)
class SheetWording(Wording):
    """The texts of price sheets on top of those of documents."""

    def say(self, key: str, **values: object) -> str:
        """Return a text of a price sheet with its values filled in; KeyError for an unknown key."""
        return _ROWS[key][self.column].format(**values)
