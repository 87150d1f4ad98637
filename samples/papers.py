"""Menus, labels, receipts and pages."""

from PIL import Image

from samples.canvas import Canvas, gradient, grain, lean

_WORKSHOP = """\
Empezamos a las diez con un taller
de pintura para niños. Las familias
pueden traer su propia comida y com-
partirla con los vecinos en las mesas
de la plaza."""
_VISIT = """\
A mediodía hay una visita guiada por
las calles antiguas del barrio. La vi-
sita es gratuita y dura una hora."""
_CONCERT = """\
El concierto empieza a las siete. Toca
la banda municipal y después actúan
los grupos de música de la escuela."""
_ENTRANCE = """\
La entrada es libre, pero el número
de sillas es limitado. Recomendamos
llegar con tiempo. Si llueve, el con-
cierto se celebra en el teatro."""


def menu_es() -> Image.Image:
    """A restaurant's menu: sections, dishes, and prices far to the right."""
    card = Canvas(900, 1240, "#fbf6ea")
    card.box((28, 28, 872, 1212), border="#8a2f22", thick=3)
    card.box((38, 38, 862, 1202), border="#8a2f22", thick=1)
    card.text(450, 130, "Casa Manuela", 62, "#8a2f22", face="serif bold", anchor="ms")
    card.text(
        450, 178, "Cocina de mercado desde 1968", 24, "#5b4a3f", face="serif italic", anchor="ms"
    )
    y = 262.0
    for section, dishes in (
        (
            "Entrantes",
            [
                ("Ensalada mixta", "6,50 €"),
                ("Gazpacho andaluz", "5,00 €"),
                ("Croquetas de jamón", "8,50 €"),
            ],
        ),
        (
            "Segundos",
            [
                ("Merluza a la plancha", "14,00 €"),
                ("con patatas y verduras", ""),
                ("Pollo asado con limón", "11,50 €"),
                ("Paella de marisco", "16,00 €"),
                ("mínimo dos personas", ""),
            ],
        ),
        (
            "Postres",
            [
                ("Flan de huevo", "4,00 €"),
                ("Helado de vainilla", "3,80 €"),
                ("Queso con miel", "5,20 €"),
            ],
        ),
    ):
        card.text(450, y, section, 36, "#8a2f22", face="serif bold", anchor="ms")
        card.stroke([(380, y + 14), (520, y + 14)], "#c9a66b", 2)
        y += 64
        for dish, price in dishes:
            if price:
                card.text(110, y, dish, 28, "#2b2420", face="serif")
                card.text(790, y, price, 28, "#2b2420", face="serif", anchor="rs")
                y += 50
            else:
                card.text(110, y - 14, dish, 20, "#6f6158", face="serif italic")
                y += 30
        y += 32
    card.lines(
        450,
        1128,
        "Pan y bebida no incluidos. Si tiene alguna alergia,\ninforme al camarero antes de pedir.",
        21,
        "#5b4a3f",
        face="serif italic",
        anchor="ms",
    )
    return card.finish()


def slate_fr() -> Image.Image:
    """A photographed slate in front of a bistro."""
    slate = Canvas(820, 1000, "#2d3230")
    slate.box((0, 0, 820, 1000), "#2d3230", 0, border="#7b5330", thick=34)
    slate.text(410, 150, "Le Petit Marché", 64, "#f4efe2", face="serif italic", anchor="ms")
    slate.stroke([(180, 184), (640, 184)], "#d9b44a", 4)
    slate.text(410, 270, "Menu du jour", 46, "#d9b44a", face="serif bold", anchor="ms")
    for y, dish in (
        (372, "Soupe à l'oignon"),
        (446, "Poulet rôti aux herbes"),
        (520, "Saumon grillé"),
        (594, "Tarte aux pommes"),
    ):
        slate.text(410, y, dish, 40, "#f4efe2", face="serif", anchor="ms")
    slate.text(410, 730, "18,50 €", 72, "#d9b44a", face="serif bold", anchor="ms")
    slate.lines(
        410,
        830,
        "Servi du lundi au vendredi\nde midi à quatorze heures",
        32,
        "#f4efe2",
        face="serif italic",
        anchor="ms",
        leading=1.4,
    )
    return grain(slate.finish(), 7, 18, 0.5)


def label_es() -> Image.Image:
    """The back of a packet of biscuits: a dense paragraph with the allergens in capitals."""
    label = Canvas(820, 980, "#f7f3e8")
    label.box((0, 0, 820, 190), "#1f6b3a")
    label.text(410, 96, "Galletas de Avena", 58, "#ffffff", face="sans bold", anchor="ms")
    label.text(410, 150, "con chocolate negro", 32, "#d8efc9", face="sans", anchor="ms")
    y = label.lines(
        60,
        256,
        "Ingredientes: copos de avena (42 %), harina de\n"
        "TRIGO, azúcar, chocolate negro (14 %), aceite de\n"
        "girasol, HUEVO, suero de LECHE en polvo, sal y\naroma de vainilla.",
        26,
        "#222222",
        face="narrow",
        leading=1.4,
    )
    y = label.lines(
        60,
        y + 26,
        "Puede contener trazas de frutos de cáscara y\ncacahuetes.",
        26,
        "#222222",
        face="narrow bold",
        leading=1.4,
    )
    y += 18
    label.box((60, y, 760, y + 236), "#ffffff", 0, border="#222222", thick=2)
    label.text(80, y + 42, "Información nutricional por 100 g", 24, "#222222", face="narrow bold")
    rows = (("Energía", "1890 kJ"), ("Grasas", "18 g"), ("Azúcares", "21 g"), ("Sal", "0,6 g"))
    for i, (name, value) in enumerate(rows):
        label.stroke([(60, y + 58 + 44 * i), (760, y + 58 + 44 * i)], "#222222", 1)
        label.text(80, y + 90 + 44 * i, name, 24, "#222222", face="narrow")
        label.text(740, y + 90 + 44 * i, value, 24, "#222222", face="narrow", anchor="rs")
    label.lines(
        60,
        y + 290,
        "Conservar en un lugar fresco y seco. Una vez\nabierto, consumir antes de siete días.",
        26,
        "#222222",
        face="narrow",
        leading=1.4,
    )
    label.text(60, y + 384, "Peso neto: 250 g", 30, "#1f6b3a", face="sans bold")
    return label.finish()


def receipt_es() -> Image.Image:
    """A till receipt on a table, slightly rotated."""
    slip = Canvas(560, 900, "#fdfdfb", "RGBA")
    slip.lines(280, 66, "PANADERÍA LA ESPIGA", 32, "#333333", face="mono bold", anchor="ms")
    slip.lines(280, 108, "Calle Mayor, 14\n28013 Madrid", 22, "#333333", face="mono", anchor="ms")
    slip.text(40, 206, "Fecha: 14/03/2025", 21, "#333333", face="mono")
    slip.text(520, 206, "10:42", 21, "#333333", face="mono", anchor="rs")
    slip.stroke([(40, 226), (520, 226)], "#555555", 2)
    items = (
        ("Pan integral", "2,10"),
        ("Barra de leche", "1,35"),
        ("Zumo de naranja", "2,80"),
        ("Café con leche", "1,60"),
        ("Tarta de queso", "4,25"),
    )
    for i, (name, price) in enumerate(items):
        slip.text(40, 272 + 42 * i, name, 23, "#333333", face="mono")
        slip.text(520, 272 + 42 * i, price, 23, "#333333", face="mono", anchor="rs")
    slip.stroke([(40, 468), (520, 468)], "#555555", 2)
    slip.text(40, 516, "TOTAL", 32, "#222222", face="mono bold")
    slip.text(520, 516, "12,10 €", 32, "#222222", face="mono bold", anchor="rs")
    for y, name, price in ((566, "Efectivo", "15,00"), (604, "Cambio", "2,90")):
        slip.text(40, y, name, 23, "#333333", face="mono")
        slip.text(520, y, price, 23, "#333333", face="mono", anchor="rs")
    slip.lines(280, 704, "Gracias por su visita", 25, "#333333", face="mono bold", anchor="ms")
    slip.lines(
        280,
        756,
        "No se admiten cambios ni\ndevoluciones sin este recibo.",
        21,
        "#333333",
        face="mono",
        anchor="ms",
        leading=1.45,
    )
    table = gradient(720, 1040, "#8d6748", "#6b4a31")
    return grain(
        lean(slip.finish(), [(96, 60), (655, 85), (630, 985), (66, 955)], table), 6, 5, 0.6
    )


def flyer_es() -> Image.Image:
    """A neighbourhood's flyer: a title over two columns, and a word split at a line end."""
    page = Canvas(1000, 740, "#ffffff")
    page.box((0, 0, 1000, 170), "#1d3f72")
    page.text(500, 88, "Fiesta del Barrio", 64, "#ffffff", face="sans bold", anchor="ms")
    page.text(500, 140, "Sábado 21 de junio, Plaza Nueva", 30, "#f7c948", face="sans", anchor="ms")
    for x, heading, first, second in (
        (60, "Por la mañana", _WORKSHOP, _VISIT),
        (530, "Por la tarde", _CONCERT, _ENTRANCE),
    ):
        page.text(x, 246, heading, 32, "#1d3f72", face="sans bold")
        y = page.lines(x, 300, first, 22, "#222222", face="sans", leading=1.45)
        page.lines(x, y + 24, second, 22, "#222222", face="sans", leading=1.45)
    page.box((0, 660, 1000, 740), "#f7c948")
    page.text(
        500, 711, "Organiza la asociación de vecinos", 28, "#1d3f72", face="sans bold", anchor="ms"
    )
    return page.finish()


def instructions_es() -> list[Image.Image]:
    """Two scanned pages of a coffee maker's instructions."""
    first = Canvas(760, 1000, "#ffffff")
    first.text(80, 130, "Instrucciones de uso", 42, "#000000", face="serif bold")
    y = first.lines(
        80,
        210,
        "Lea estas instrucciones antes de usar la\ncafetera por primera vez y"
        " guarde este\nmanual en un lugar seguro.",
        27,
        "#000000",
        face="serif",
        leading=1.5,
    )
    y = first.lines(80, y + 30, "1. Llene el depósito con agua fría.", 27, "#000000", face="serif")
    y = first.lines(80, y + 20, "2. Ponga el café en el filtro.", 27, "#000000", face="serif")
    first.lines(80, y + 20, "3. Cierre la tapa y pulse el botón rojo.", 27, "#000000", face="serif")
    first.text(380, 930, "1", 24, "#000000", face="serif", anchor="ms")
    second = Canvas(760, 1000, "#ffffff")
    second.text(80, 130, "Limpieza", 42, "#000000", face="serif bold")
    y = second.lines(
        80,
        210,
        "Desconecte el aparato antes de limpiarlo.\nNo use productos abrasivos"
        " y no sumerja\nla cafetera en agua.",
        27,
        "#000000",
        face="serif",
        leading=1.5,
    )
    second.box((80, y + 30, 680, y + 190), "#ffffff", 0, border="#000000", thick=3)
    second.text(380, y + 82, "ATENCIÓN", 32, "#000000", face="serif bold", anchor="ms")
    second.lines(
        380,
        y + 128,
        "La placa está caliente. Mantenga el\naparato lejos de los niños.",
        25,
        "#000000",
        face="serif",
        anchor="ms",
        leading=1.5,
    )
    second.text(380, 930, "2", 24, "#000000", face="serif", anchor="ms")
    return [page.finish().convert("1", dither=Image.Dither.NONE) for page in (first, second)]
