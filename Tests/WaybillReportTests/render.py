"""Renders Markdown as GitHub-like readers do and says, one JSON object a line, what came of each text on standard input."""

import json
import sys

from markdown_it import MarkdownIt

reader = MarkdownIt("gfm-like", {"html": True, "linkify": True})

for line in sys.stdin:
    tokens = reader.parse(json.loads(line))
    found, texts, codes = [], [], []
    for token in tokens:
        found.append(token.type)
        for child in token.children or []:
            found.append(child.type)
            if child.type == "text":
                texts.append(child.content)
            if child.type == "code_inline":
                codes.append(child.content)
            if child.type == "html_inline":
                found.append("html:" + child.content)
        if token.type == "html_block":
            found.append("html:" + token.content)
    print(json.dumps({"types": found, "text": "".join(texts), "codes": codes}), flush=True)
