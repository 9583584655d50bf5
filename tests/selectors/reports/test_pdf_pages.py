import io

from pypdf import PdfReader

from migrations_app.selectors.reports.pdf_pages import NumberedPages


def test_each_page_says_its_number_and_how_many_there_are():
    out = io.BytesIO()
    canvas = NumberedPages.running("head", "foot")(out)
    for _ in range(3):
        canvas.showPage()
    canvas.save()
    texts = [page.extract_text() for page in PdfReader(out).pages]
    assert [
        f"Page {number} of 3" in text and "head" in text and "foot" in text for number, text in enumerate(texts, 1)
    ] == [True] * 3
