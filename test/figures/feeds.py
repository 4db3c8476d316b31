#!/usr/bin/env python3
"""feeds.py FOLDER: writes test/figures/feeds.json.gz of the test documents of feedparser (a folder of folders of .xml): a line a
document, with the facts of its `Expect` that a reader of mentions has too, as plain text."""
import ast
import gzip
import html
import json
import pathlib
import re
import sys

FACT = re.compile(r"entries\[0\](?:\[u?'(\w+)'\]|\.(\w+)) == (u?'(?:[^'\\]|\\.)*')")
FIELDS = {"title": "title", "description": "text", "summary": "text", "content": "text", "link": "url", "author": "author"}
# Read otherwise on purpose.
LEFT_OUT = {
	"http_item_link_base_content_location.xml": "the header Content-Location is not looked at (RFC 7231 took its meaning away)",
	"item_description_br.xml": "the expectation keeps its markup",
	"entry_summary_iframe.xml": "what stands in an iframe that is not closed belongs to it, as in browsers",
	"item_content_encoded_iframe.xml": "the same",
	"item_description_iframe.xml": "the same",
	"item_fullitem_iframe.xml": "the same",
}
# Text of a kind that is no HTML: it is what it says.
LITERAL = {"atom10/entry_summary_base64_2.xml", "atom10/entry_title_base64_2.xml", "atom10/entry_title_text_plain_brackets.xml"}
# Without title, text and link there is nothing that was said.
WORDLESS = {"entry_author_map_author_2.xml", "entry_author_map_author.xml", "item_author.xml", "item_dc_author.xml", "item_dc_creator.xml"}


def plain(text):
	return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", text))).strip()


def wanted(document, is_literal):
	expected = re.search(r"Expect:\s*(.*?)\s*-->", document, re.S)
	facts = {}
	for one, other, value in FACT.findall(expected[1] if expected else ""):
		field = FIELDS.get(one or other)
		if field:
			text = ast.literal_eval(value)
			facts[field] = text if is_literal or field == "url" else plain(text)
	return facts


def lines(folder):
	for path in sorted(folder.glob("*/*.xml")):
		try:
			document = path.read_bytes().decode()
		except UnicodeDecodeError:
			continue
		facts = {} if path.name in LEFT_OUT or path.name in WORDLESS else wanted(document, f"{path.parent.name}/{path.name}" in LITERAL)
		yield json.dumps({"name": f"{path.parent.name}/{path.name}", "document": document, "wanted": facts}, ensure_ascii=False)


with gzip.GzipFile(pathlib.Path(__file__).with_name("feeds.json.gz"), "wb", mtime=0) as out:
	out.write("".join(line + "\n" for line in lines(pathlib.Path(sys.argv[1]))).encode())
