from migrations_app.selectors.reports import pdf_text


def test_each_sign_stands_in_a_font_that_has_it_or_as_its_number():
    assert pdf_text.markup("a < b & c") == "a &lt; b &amp; c"
    assert pdf_text.markup("café – “x”") == "café – “x”"
    assert pdf_text.markup("ł") == '<font face="Vera">ł</font>'
    assert pdf_text.markup("日本") == '<font face="STSong-Light">日本</font>'
    assert pdf_text.markup("\U0010fffd") == "[U+10FFFD]"
    assert pdf_text.plain("a日") == "a[U+65E5]"
    assert pdf_text.font_of("a") == ""
