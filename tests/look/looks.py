"""A page in both themes and at both widths: no accessibility violation, nothing wider than its place, no
word broken in two."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Contrast is judged also where a decoration of the style sheet lies behind; to look for one behind each text
# takes axe most of its time. The first rows of a long table speak for the others.
AXE = f"""{Axe().axe_script}
axe.configure({{checks: [{{id: "color-contrast", options: {{ignorePseudo: true}}}}]}});
"""
FIND_VIOLATIONS = """axe.run(
    {include: [["html"]], exclude: [["tbody tr:nth-child(n + 13)"]]},
    {resultTypes: ["violations"]},
).then(results => results.violations)"""
FIND_STICKING_OUT = """[...document.querySelectorAll(".card")].flatMap(card =>
    [...card.querySelectorAll("table, form, dl, ul")]
        .filter(part => part.getBoundingClientRect().right > card.getBoundingClientRect().right + 1)
        .map(part => part.className || part.tagName))"""
# Words that people know are read whole; only what nobody can know the length of may break anywhere.
FIND_BROKEN_WORDS = """(() => {
    const broken = [];
    const page = document.querySelector("main") ?? document.body;
    const texts = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
        for (const word of texts.currentNode.data.matchAll(/[A-Za-z]{2,12}/g)) {
            range.setStart(texts.currentNode, word.index);
            range.setEnd(texts.currentNode, word.index + word[0].length);
            const lines = new Set([...range.getClientRects()].map(part => Math.round(part.top)));
            if (lines.size > 1) broken.push(word[0]);
        }
    }
    return broken;
})()"""
LOOKS = {
    "wide and light": ({"width": 1280, "height": 800}, "light"),
    "phone and dark": ({"width": 390, "height": 844}, "dark"),
}


def complaints(page: Page) -> list[str]:
    """What axe finds in each look, and what does not fit into its place."""
    found = []
    page.evaluate(AXE)
    for look, (size, theme) in LOOKS.items():
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for violation in page.evaluate(FIND_VIOLATIONS):
            found += [f"{look}: {violation['id']}: {node['target']}" for node in violation["nodes"]]
        found += [f"{look}: wider than its card: {part}" for part in page.evaluate(FIND_STICKING_OUT)]
        found += [f"{look}: broken word: {word}" for word in page.evaluate(FIND_BROKEN_WORDS)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{look}: wider than the screen")
    return found
