import ArgumentParser
import WaybillCore
import WaybillPackage
import WaybillReport

/// `waybill evidence`.
struct EvidenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence", abstract: "Read what gates measured.", subcommands: [EvidenceShow.self])
}

/// `waybill evidence show`.
struct EvidenceShow: AsyncParsableCommand {
    enum Form: String, CaseIterable, ExpressibleByArgument, Sendable { case markdown, html, json }

    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show evidence that stands beside a bundle.",
        discussion: """
            REF is its digest, or at least 8 digits of it; 'waybill package inspect' lists what a bundle has. HTML is one page that \
            loads nothing and runs nothing; JSON is the kept document itself, the bytes that the digest names.
            """)

    @Argument(help: ArgumentHelp("The evidence.", valueName: "ref"))
    var reference: String

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: Form = .markdown

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let bytes = try await options.content().evidence(named: reference)
        let report: EvidenceReport
        do throws(InvalidInput) { report = try EvidenceReport(bytes: bytes) } catch {
            throw Failure(
                .stall, reason: "EvidenceUnreadable",
                message: "\(Digest(of: bytes)) cannot be shown: \(error.message)")
        }
        switch output {
        case .markdown: Console.current.write(MarkdownWriter.text(report.document))
        case .html: Console.current.write(HTMLWriter.text(report.document))
        case .json: Console.current.line(String(decoding: bytes, as: UTF8.self))
        }
    }
}
