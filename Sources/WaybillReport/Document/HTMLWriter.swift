import Foundation
import WaybillCore

/// Writes documents as one page of HTML that loads nothing, runs nothing, and reads well on light and on dark.
package enum HTMLWriter {
    package static func text(_ document: Document) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '\(PageStyle.hash)'; \
        base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>\(document.title.asHTML)</title>
        <style>\(PageStyle.text)</style>
        </head>
        <body>
        <main>
        <h1>\(document.title.asHTML)</h1>
        \(document.blocks.map(text).joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private static func text(_ block: Document.Block) -> String {
        switch block {
        case .heading(let level, let inlines):
            tag("h\(min(max(level, 2), 4))", text(inlines))
        case .paragraph(let inlines): tag("p", text(inlines))
        case .notice(let tone, let inlines): "<p class=\"notice \(tone.rawValue)\">\(text(inlines))</p>"
        case .items(let items): tag("ul", items.map { tag("li", text($0)) }.joined())
        case .steps(let steps): tag("ol", steps.map { tag("li", text($0)) }.joined())
        case .table(let table): text(table)
        case .details(let summary, let blocks):
            tag("details", tag("summary", summary.asHTML) + blocks.map(text).joined(separator: "\n"))
        case .figure(let figure): tag("figure", figure.svg + tag("figcaption", figure.caption.asHTML))
        }
    }

    private static func text(_ table: Document.Table) -> String {
        let kind = { (column: Int) in table.numbers.contains(column) ? " class=\"n\"" : "" }
        let head = table.titles.enumerated().map { "<th\(kind($0))>\($1.asHTML)</th>" }.joined()
        let rows = table.rows.map { row in
            tag("tr", row.enumerated().map { "<td\(kind($0))>\(text($1))</td>" }.joined())
        }
        return "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead><tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>"
    }

    private static func text(_ inlines: [Document.Inline]) -> String { inlines.map(text).joined() }

    private static func text(_ inline: Document.Inline) -> String {
        switch inline {
        case .text(let text): text.asHTML
        case .strong(let text): tag("strong", text.asHTML)
        case .code(let text): tag("code", text.asHTML)
        case .mark(let tone, let text): "<span class=\"mark \(tone.rawValue)\">\(tone.sign)\(text.asHTML)</span>"
        case .newline: "<br>"
        }
    }

    private static func tag(_ name: String, _ inside: String) -> String { "<\(name)>\(inside)</\(name)>" }
}

/// The style of all pages. The policy of a page names its digest, so that no other style is taken.
enum PageStyle {
    static let hash = "sha256-\(base64(Digest(of: text.utf8)))"

    private static func base64(_ digest: Digest) -> String {
        var bytes = Data()
        var hex = Substring(digest.hex)
        while let byte = UInt8(hex.prefix(2), radix: 16) {
            bytes.append(byte)
            hex = hex.dropFirst(2)
        }
        return bytes.base64EncodedString()
    }

    static let text = """
        :root{color-scheme:light dark;--back:#fff;--fore:#1b1f24;--soft:#59636e;--line:#d4dae1;--panel:#f5f7f9;
        --good:#1a7f37;--bad:#c2202b;--unsure:#8a5a00;--one:#1f6feb;--two:#8250df}
        @media (prefers-color-scheme:dark){:root{--back:#0f141a;--fore:#e3e8ee;--soft:#98a3af;--line:#303943;--panel:#18202a;
        --good:#4cc46a;--bad:#ff7b7b;--unsure:#e0b04a;--one:#6ea8ff;--two:#c09bff}}
        body{margin:0;background:var(--back);color:var(--fore);font:15px/1.55 system-ui,"DejaVu Sans",sans-serif}
        main{max-width:60rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
        h1{font-size:1.55rem;line-height:1.25;margin:.2em 0 .6em;overflow-wrap:anywhere}
        h2{font-size:1.2rem;margin:2em 0 .5em;padding-bottom:.25em;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
        h3{font-size:1.02rem;margin:1.6em 0 .4em}h4{font-size:.95rem;margin:1.2em 0 .3em}
        p,ul,ol{margin:.5em 0}li{margin:.15em 0}
        code{font:.87em ui-monospace,"DejaVu Sans Mono",monospace;background:var(--panel);padding:.1em .3em;border-radius:3px;
        overflow-wrap:anywhere}
        td,code,strong,span,figcaption,summary{unicode-bidi:isolate}
        .scroll{overflow-x:auto;margin:.7em 0}
        table{border-collapse:collapse;width:100%;font-size:.92em}
        th{text-align:left;font-weight:600;color:var(--soft);border-bottom:2px solid var(--line);padding:.35em .7em .35em 0}
        td{vertical-align:top;border-bottom:1px solid var(--line);padding:.4em .7em .4em 0;overflow-wrap:anywhere}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .mark{font-weight:600;white-space:nowrap}.good{color:var(--good)}.bad{color:var(--bad)}.unsure{color:var(--unsure)}
        .notice{border-left:4px solid currentColor;background:var(--panel);padding:.6em .9em;font-weight:600}
        .notice.plain{color:var(--soft)}
        details{border:1px solid var(--line);border-radius:6px;padding:.4em .9em;margin:.8em 0}
        summary{cursor:pointer;font-weight:600}
        figure{display:inline-block;vertical-align:top;margin:.8em 1.2em .8em 0;max-width:100%}
        figcaption{color:var(--soft);font-size:.86em;max-width:26rem}
        svg{display:block;max-width:100%;height:auto;font:11px system-ui,"DejaVu Sans",sans-serif}
        svg text{fill:var(--soft)}svg .label{fill:var(--fore)}
        svg .axis{stroke:var(--soft);fill:none}svg .grid{stroke:var(--line);fill:none}
        svg .ideal{stroke:var(--soft);stroke-dasharray:4 4;fill:none}
        svg .curve{stroke:var(--one);stroke-width:2;fill:none}svg .area{fill:var(--one);fill-opacity:.12}
        svg .bar{fill:var(--one);fill-opacity:.55}svg .bar.bad{fill:var(--bad)}svg .bar.unsure{fill:var(--unsure)}
        svg .count{fill:var(--soft);fill-opacity:.35}
        svg .whisker{stroke:var(--fore);stroke-width:1.5;fill:none}svg .dot{fill:var(--one)}
        svg .bound{stroke:var(--two);stroke-width:1.5;stroke-dasharray:6 3}svg .bound-text{fill:var(--two)}
        @media print{details{border:0}}

        """
}
