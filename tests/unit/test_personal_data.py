"""Personal data is told from the numbers of ordinary news by its own arithmetic and shape."""

import pytest

from content.personal_data import personal_data


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Write to jane.doe@example.org today.", "privacy.email"),
        ("Press: press@council.example.", "privacy.email"),
        ("jane [at] example [dot] com", "privacy.email"),
        ("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "privacy.email"),
        ("Ring (202) 555-0143 after six.", "privacy.telephone"),
        ("Ring 202-555-0143 after six.", "privacy.telephone"),
        ("From abroad: +44 20 7946 0958", "privacy.telephone"),
        ("Call 555 0143 99 now", "privacy.telephone"),
        ("她的手机是13812345678", "privacy.telephone"),
        ("电话：0571-87654321", "privacy.telephone"),
        ("Card 4111 1111 1111 1111, exp 12/30", "privacy.card"),
        ("Amex 3782 822463 10005", "privacy.card"),
        ("Pay to GB82 WEST 1234 5698 7654 32 please", "privacy.iban"),
        ("DE89370400440532013000", "privacy.iban"),
        ("SSN 219-09-9999", "privacy.social_security"),
        ("身份证号11010519491231002X", "privacy.national_id"),
        ("The login came from 8.8.8.8 at night", "privacy.ip_address"),
        ("The login came from 2001:4860:4860::8888 at night", "privacy.ip_address"),
        ("She lives at 14 Maple Grove Road with her son.", "privacy.home_address"),
        ("死者家住滨江路12号3单元", "privacy.home_address"),
    ],
)
def test_personal_data_is_found(text: str, rule: str) -> None:
    assert [finding.rule for finding in personal_data(text)] == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "The bridge cost £94,000,000 in 2015-2016 and carries 9,600 vehicles.",
        "On 2015-11-30 at 10:45:12 the gate closed for 1,040 minutes.",
        "Card number 4111 1111 1111 1112 is a typing exercise.",
        "Order 1234 5678 9012 3456 was shipped.",
        "ISBN 978-3-16-148410-0 is out of print.",
        "Version 1.2.3.4 fixes the printer; see RFC 2606.",
        "Our server listens on 127.0.0.1 and 10.0.0.8.",
        "See https://example.org/archive/20151130123456/4111111111111111 for the record.",
        "The museum at 10 Downing Street opens to visitors.",
        "The score was 3-2, 4-1 and 10-9 over 1998-2004.",
        "编号为110105194912310021的档案已经移交。",
        "全长13812米，投资2.4亿元。",
        "@harbour tweeted about it.",
    ],
)
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert personal_data(text) == []


def test_a_finding_quotes_the_number_as_it_was_written() -> None:
    (finding,) = personal_data("Ring (202)\u00a0555-0143.")
    assert finding.excerpt == "(202) 555-0143"
