# ruff: noqa: RUF001 - Chinese and Japanese punctuation is part of the signs
"""Signs, notices, a screen and a logo."""

from PIL import Image

from samples.canvas import Canvas, gradient, grain, lean


def wet_floor_es() -> Image.Image:
    """A yellow warning board."""
    board = Canvas(640, 800, "#f6c91a")
    board.box((16, 16, 624, 784), "#f6c91a", 26, border="#1b1b1b", thick=8)
    board.shape([(320, 70), (470, 330), (170, 330)], "#1b1b1b")
    board.shape([(320, 112), (434, 310), (206, 310)], "#f6c91a")
    board.box((309, 172, 331, 250), "#1b1b1b", 8)
    board.disc(320, 278, 14, "#1b1b1b", border="#1b1b1b", thick=1)
    board.text(320, 436, "¡CUIDADO!", 84, "#1b1b1b", face="sans bold", anchor="ms")
    board.lines(
        320,
        540,
        "Suelo mojado\ndespués de la limpieza",
        44,
        "#1b1b1b",
        face="sans bold",
        anchor="ms",
    )
    board.text(320, 724, "Use la otra puerta", 36, "#1b1b1b", face="sans", anchor="ms")
    return board.finish()


def building_site_es() -> Image.Image:
    """A sign of a building site: one order over three lines, and the required equipment."""
    board = Canvas(860, 620, "#ffffff")
    board.box((12, 12, 848, 608), "#ffffff", 18, border="#b3141b", thick=8)
    board.box((12, 12, 848, 132), "#b3141b", 18)
    board.text(430, 98, "PELIGRO", 76, "#ffffff", face="sans bold", anchor="ms")
    board.lines(
        430,
        212,
        "PROHIBIDO EL PASO\nA TODA PERSONA AJENA\nA LA OBRA",
        50,
        "#111111",
        face="sans bold",
        anchor="ms",
        leading=1.25,
    )
    board.box((60, 392, 800, 562), "#0b57a4", 14)
    board.disc(140, 477, 52, "#0b57a4", border="#ffffff", thick=6)
    board.dome(140, 490, 34, "#ffffff")
    board.box((98, 484, 182, 496), "#ffffff", 6)
    board.box((134, 450, 146, 470), "#0b57a4", 4)
    board.lines(
        216,
        464,
        "Es obligatorio el uso\nde casco y botas de seguridad",
        30,
        "#ffffff",
        face="sans bold",
        leading=1.4,
    )
    return board.finish()


def parking_fr() -> Image.Image:
    """A parking sign with its hours on a second plate."""
    street = gradient(620, 900, "#a9c4d6", "#dfe6e4")
    plates = Canvas(620, 900, "#00000000", "RGBA")
    plates.box((296, 60, 324, 900), "#7c8388")
    plates.disc(310, 230, 170, "#0a4ea2", border="#d01c24", thick=34)
    plates.stroke([(206, 126), (414, 334)], "#d01c24", 32)
    plates.box((70, 450, 550, 600), "#ffffff", 10, border="#20262b", thick=4)
    plates.lines(
        310,
        510,
        "Stationnement interdit\ndu lundi au samedi",
        36,
        "#20262b",
        face="narrow bold",
        anchor="ms",
        leading=1.4,
    )
    plates.box((70, 624, 550, 710), "#ffffff", 10, border="#20262b", thick=4)
    plates.text(310, 680, "8 h - 19 h", 40, "#20262b", face="narrow bold", anchor="ms")
    plates.box((70, 734, 550, 850), "#ffffff", 10, border="#20262b", thick=4)
    plates.lines(
        310,
        782,
        "Sauf livraisons\net services de secours",
        32,
        "#20262b",
        face="narrow",
        anchor="ms",
        leading=1.4,
    )
    flat = Image.alpha_composite(street.convert("RGBA"), plates.finish()).convert("RGB")
    return grain(flat, 5, 11, 0.5)


def exit_ca() -> Image.Image:
    """An emergency exit in Catalan."""
    sign = Canvas(960, 420, "#00843d")
    sign.box((14, 14, 946, 406), "#00843d", 16, border="#ffffff", thick=5)
    sign.box((60, 80, 250, 340), "#ffffff", 4)
    sign.box((84, 104, 160, 340), "#00843d")
    sign.box((140, 210, 150, 236), "#ffffff")
    sign.shape(
        [(176, 200), (204, 200), (204, 176), (240, 216), (204, 256), (204, 232), (176, 232)],
        "#00843d",
    )
    sign.text(300, 148, "Sortida d'emergència", 48, "#ffffff", face="sans bold")
    sign.lines(
        300,
        236,
        "En cas d'incendi no utilitzeu\nl'ascensor i seguiu les\nindicacions del personal.",
        32,
        "#ffffff",
        face="sans",
        leading=1.4,
    )
    return sign.finish()


def settings_en() -> Image.Image:
    """The screen of a phone."""
    screen = Canvas(540, 1000, "#f2f2f7")
    screen.box((0, 0, 540, 130), "#ffffff")
    screen.text(30, 36, "9:41", 20, "#111111", face="sans bold")
    screen.text(30, 104, "Notifications", 38, "#111111", face="sans bold")
    rows = (
        ("Allow notifications", True),
        ("Show previews", True),
        ("Sounds", False),
        ("Badges", True),
    )
    screen.box((20, 160, 520, 160 + 76 * len(rows)), "#ffffff", 18)
    for i, (name, on) in enumerate(rows):
        top = 160 + 76 * i
        if i:
            screen.stroke([(40, top), (520, top)], "#d8d8de", 1)
        screen.text(40, top + 47, name, 24, "#111111")
        screen.box((434, top + 20, 502, top + 56), "#34c759" if on else "#d1d1d6", 18)
        screen.disc(484 if on else 452, top + 38, 15, "#ffffff", border="#ffffff", thick=1)
    y = screen.lines(
        40,
        508,
        "You can choose which apps may send you\nnotifications. Quiet hours do"
        " not affect\nalarms and emergency calls.",
        20,
        "#6b6b70",
        leading=1.45,
    )
    screen.box((20, y + 20, 520, y + 186), "#ffffff", 18)
    screen.text(40, y + 66, "Storage almost full", 25, "#c62828", face="sans bold")
    screen.lines(
        40,
        y + 108,
        "Delete photos you no longer need, or\nbuy more space for your account.",
        21,
        "#333333",
        leading=1.45,
    )
    for i, (name, ink, ground) in enumerate(
        (("Free up space", "#ffffff", "#0a63d6"), ("Not now", "#0a63d6", "#e3ecfa"))
    ):
        screen.box((20, y + 216 + 82 * i, 520, y + 284 + 82 * i), ground, 16)
        screen.text(270, y + 259 + 82 * i, name, 25, ink, face="sans bold", anchor="ms")
    return screen.finish()


def park_zh() -> Image.Image:
    """A notice in a Chinese park."""
    board = Canvas(760, 620, "#14532d")
    board.box((18, 18, 742, 602), "#14532d", 20, border="#e8d9a0", thick=6)
    board.text(380, 128, "游客须知", 74, "#e8d9a0", face="zh bold", anchor="ms")
    board.stroke([(250, 160), (510, 160)], "#e8d9a0", 3)
    board.lines(
        90,
        240,
        "请保持公园环境整洁，不要乱扔垃圾，\n不要采摘花草，爱护公共设施。",
        34,
        "#ffffff",
        face="zh",
        leading=1.5,
    )
    board.text(90, 384, "禁止吸烟", 44, "#ffd9d2", face="zh bold")
    board.text(470, 384, "禁止游泳", 44, "#ffd9d2", face="zh bold")
    board.text(90, 478, "开放时间：6:00—22:00", 34, "#ffffff", face="zh")
    board.text(380, 566, "公园管理处", 30, "#e8d9a0", face="zh", anchor="ms")
    return board.finish()


def station_ja() -> Image.Image:
    """A Japanese notice in vertical columns, and the horizontal name of the station."""
    paper = Canvas(680, 900, "#f8f4e9")
    paper.box((20, 20, 660, 880), "#f8f4e9", 6, border="#23324d", thick=5)
    paper.box((20, 20, 660, 150), "#23324d", 6)
    paper.text(340, 108, "駅からのお知らせ", 60, "#ffffff", face="ja bold", anchor="ms")
    for i, text in enumerate(("電車が遅れています", "お急ぎのお客様は", "バスをご利用ください")):
        paper.upright(560 - 92 * i, 200, text, 54, "#23324d", face="ja serif")
    paper.box((90, 200, 180, 560), "#b4232a", 8)
    paper.upright(135, 232, "足元注意", 66, "#ffffff", face="ja bold")
    paper.text(340, 842, "東京駅　駅長", 36, "#23324d", face="ja", anchor="ms")
    return paper.finish()


def beach_es() -> Image.Image:
    """A photo of a sign at the sea, from the side, with the phone held upright."""
    view = gradient(960, 1280, "#7db4dd", "#d9ecf3")
    view.paste(gradient(960, 250, "#2f7fa3", "#5aa6b8"), (0, 700))
    view.paste(gradient(960, 330, "#d9c08c", "#c5a66c"), (0, 950))
    post = Canvas(960, 1280, "#00000000", "RGBA")
    post.box((240, 500, 284, 1240), "#6d4c33")
    post.box((660, 500, 704, 1240), "#6d4c33")
    view = Image.alpha_composite(view.convert("RGBA"), post.finish()).convert("RGB")
    board = Canvas(760, 560, "#00000000", "RGBA")
    board.box((0, 0, 760, 560), "#fafafa", 16, border="#c0161d", thick=16)
    board.text(380, 118, "ATENCIÓN", 72, "#c0161d", face="sans bold", anchor="ms")
    board.lines(
        380,
        214,
        "Prohibido bañarse cuando\nla bandera está roja",
        44,
        "#1c1c1c",
        face="sans bold",
        anchor="ms",
        leading=1.35,
    )
    board.stroke([(80, 310), (680, 310)], "#c0161d", 4)
    board.lines(
        380,
        372,
        "Los niños deben estar siempre\nacompañados de un adulto.",
        34,
        "#1c1c1c",
        face="sans",
        anchor="ms",
        leading=1.4,
    )
    board.text(380, 506, "Emergencias: 112", 46, "#0b4f8a", face="sans bold", anchor="ms")
    seen = lean(board.finish(), [(110, 330), (842, 268), (860, 872), (96, 806)], view)
    return grain(seen, 9, 42, 1.0)


def logo_fr() -> Image.Image:
    """White letters on a transparent background."""
    logo = Canvas(860, 300, "#ffffff00", "RGBA")
    logo.text(430, 118, "Boulangerie Martin", 68, "#ffffff", face="serif bold", anchor="ms")
    logo.stroke([(230, 154), (630, 154)], "#ffffff", 3)
    logo.text(
        430, 218, "Pain frais tous les matins", 40, "#ffffff", face="serif italic", anchor="ms"
    )
    return logo.finish()
