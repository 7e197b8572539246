"""Item 10: a search finds the words of every script, however they are written, and nothing else."""

from __future__ import annotations

from siblings.day import Day
from siblings.sibling import Kind

WORDS = Kind()
FOUND = {
    "pushed": ["sought"],
    "templates": ["kairos.search_left"],
    "settings": {"send_time": "now"},
}
NOT_FOUND = {"templates": ["kairos.suggestion"], "settings": {"send_time": "now"}}


def _shop(day: Day, query: str, title: str, *others: str) -> None:
    """A shop of some other things, all looked at by many, and somebody who searches for one of them."""
    told = {"sought": title} | {f"other{n}": other for n, other in enumerate(others)}
    told |= {f"x{n}": f"Thing {n}" for n in range(8)}
    for name, text in told.items():
        day.item(name, -240, title=text, category_id=f"of-{name}")
    for n in range(40):
        day.click("view", f"x{n % 8}", -200 + n * 2, user=f"v{n % 9}")
    for at, name in enumerate(("sought", *(f"other{n}" for n in range(len(others))))):
        for viewer in range(3):
            day.click("view", name, -100 + at + viewer / 10, user=f"v{viewer}")
    day.yes(-60)
    day.click("search", None, 0, query=query)
    day.until(180)


@WORDS.right(**FOUND)
def german_sharp_s(day: Day) -> None:
    _shop(day, "FUSSBALLSCHUHE", "Fußballschuhe", "Schuhe", "Ball")


@WORDS.right(**FOUND)
def german_capital_sharp_s(day: Day) -> None:
    _shop(day, "große tasse", "GROẞE TASSE", "Teller")


@WORDS.right(**FOUND)
def turkish_dotted_i(day: Day) -> None:
    _shop(day, "istanbul", "İSTANBUL", "ANKARA")


@WORDS.right(**FOUND)
def turkish_dotless_i(day: Day) -> None:
    _shop(day, "ışık", "IŞIK", "MASA")


@WORDS.right(**FOUND)
def turkish_typed_in_capitals(day: Day) -> None:
    _shop(day, "KIRMIZI İPLİK", "Kırmızı iplik", "Mavi kumaş")


@WORDS.right(**FOUND)
def japanese_inside_a_longer_title(day: Day) -> None:
    _shop(day, "財布", "本革長財布", "日本酒", "革靴")


@WORDS.right(**FOUND)
def katakana_at_half_width(day: Day) -> None:
    _shop(day, "ｶﾒﾗ", "デジタルカメラ", "テレビ")


@WORDS.right(**FOUND)
def latin_at_full_width(day: Day) -> None:
    _shop(day, "ｉＰｈｏｎｅ", "iPhone ケース", "テレビ")


@WORDS.right(**FOUND)
def chinese_without_blanks(day: Day) -> None:
    _shop(day, "茶壶", "紫砂茶壶", "电视机")


@WORDS.right(**FOUND)
def one_ideograph(day: Day) -> None:
    _shop(day, "茶", "茶", "电视机")


@WORDS.right(**FOUND)
def korean_decomposed(day: Day) -> None:
    _shop(day, "\u1109\u1175\u11ab\u1107\u1161\u11af", "신발", "모자")


@WORDS.right(**FOUND)
def khmer_parted_by_blanks_of_no_width(day: Day) -> None:
    _shop(day, "កាបូប", "កាបូប\u200bស្បែក", "ស្រោមជើង")


@WORDS.right(**FOUND)
def thai_as_it_stands(day: Day) -> None:
    _shop(day, "รองเท้า", "รองเท้า", "กระเป๋า")


@WORDS.right(**FOUND)
def arabic(day: Day) -> None:
    _shop(day, "حقيبة", "حقيبة جلد", "حذاء")


@WORDS.right(**FOUND)
def arabic_drawn_out(day: Day) -> None:
    _shop(day, "كتاب", "كتـــاب", "حذاء")


@WORDS.right(**FOUND)
def arabic_in_presentation_forms(day: Day) -> None:
    _shop(day, "كتاب", "\ufedb\ufe98\ufe8e\ufe8f", "حذاء")


@WORDS.right(**FOUND)
def persian_without_its_half_space(day: Day) -> None:
    _shop(day, "کتابخانه", "کتاب\u200cخانه", "کفش")


@WORDS.right(**FOUND)
def persian_with_its_half_space(day: Day) -> None:
    _shop(day, "کتاب\u200cخانه", "کتابخانه", "کفش")


@WORDS.right(**FOUND)
def hindi_with_a_joiner(day: Day) -> None:
    _shop(day, "शक्ति", "शक्\u200dति", "दीपक")


@WORDS.right(**FOUND)
def tamil(day: Day) -> None:
    _shop(day, "புத்தகம்", "புத்தகம்", "விளக்கு", "புதிய")


@WORDS.right(**FOUND)
def bengali_decomposed(day: Day) -> None:
    _shop(day, "\u09ac\u09c7\u09be", "\u09ac\u09cb", "\u09ac\u09c7")


@WORDS.right(**FOUND)
def hebrew(day: Day) -> None:
    _shop(day, "נעליים", "נעליים", "תיק")


@WORDS.right(**FOUND)
def greek_final_sigma(day: Day) -> None:
    _shop(day, "ΟΔΗΓΟΣ", "οδηγός οδηγος", "βιβλίο")


@WORDS.right(**FOUND)
def cyrillic_capitals(day: Day) -> None:
    _shop(day, "ЧАЙНИК", "чайник", "лампа")


@WORDS.right(**FOUND)
def french_decomposed(day: Day) -> None:
    _shop(day, "the\u0301ie\u0300re", "Théière", "Lampe")


@WORDS.right(**FOUND)
def a_soft_hyphen_in_a_title(day: Day) -> None:
    _shop(day, "wasserkocher", "Wasser\u00adkocher", "Lampe")


@WORDS.right(**FOUND)
def a_zero_width_blank_in_a_search(day: Day) -> None:
    _shop(day, "\u200bwasserkocher\ufeff", "Wasserkocher", "Lampe")


@WORDS.right(**FOUND)
def a_ligature(day: Day) -> None:
    _shop(day, "ofﬁce", "OFFICE", "Lampe")


@WORDS.right(**NOT_FOUND)
def a_word_of_nearly_all_items(day: Day) -> None:
    _shop(day, "thing", "Kettle", "Pan")


@WORDS.right(**NOT_FOUND)
def a_part_of_a_hindi_word(day: Day) -> None:
    _shop(day, "ब", "किताब", "बक्सा")


@WORDS.right(**NOT_FOUND)
def signs_alone(day: Day) -> None:
    _shop(day, "!? … 🙂", "Kettle 🙂", "Pan")


@WORDS.right(**NOT_FOUND)
def a_heart_in_colour(day: Day) -> None:
    """The variant of a sign is no word."""
    _shop(day, "\u2764\ufe0f", "Kettle \u2764\ufe0f", "Pan")


@WORDS.right(**NOT_FOUND)
def a_mark_without_a_letter(day: Day) -> None:
    _shop(day, "\u0301", "Kettle \u0301", "Pan")


@WORDS.right(**FOUND)
def an_ideograph_in_a_variant(day: Day) -> None:
    _shop(day, "葛餅", "葛\U000e0100餅", "電視機")


@WORDS.right(**FOUND)
def japanese_with_the_repetition_mark_inside(day: Day) -> None:
    _shop(day, "佐々木", "佐々木希", "鈴木の絵")


@WORDS.right(**NOT_FOUND)
def a_word_of_another_script_that_looks_alike(day: Day) -> None:
    _shop(day, "\u0440\u0430\u043d", "pan", "kettle")
