import ArgumentParser
import Foundation
import WaybillCore
import WaybillPackage

/// `waybill package scan`.
struct Scan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what loading model files would run, without loading them.",
        discussion: """
            Needs no manifest and no controller. A file is safe, dangerous or unscanned; what nobody here can read to its end \
            is unscanned, never safe. Returns 0 only when every file is safe.
            """)

    @Argument(help: ArgumentHelp("Files, and folders that are searched.", valueName: "path"), completion: .file())
    var paths: [String]

    @Option(
        help: ArgumentHelp("A list of names that pickles may import beside the shipped ones.", valueName: "file"),
        completion: .file())
    var allow: [String] = []

    @Option(name: .shortAndLong, help: "Form of the output; sarif is SARIF 2.1.0, for forges.")
    var output: Lint.Form = .text

    func run() async throws {
        let inspector = Inspector(allowing: try allowList())
        let console = Console.current
        var scanned: [ScannedFile] = []
        await inspector.inspect(try FoundFile.all(below: paths)) { file in
            if output == .text { console.write(file.text) }
            scanned.append(file)
        }
        switch output {
        case .text: break
        case .json: console.line(ScannedFile.value(of: scanned).prettyJSON)
        case .sarif: console.line(SARIF.log(scanned.flatMap(\.diagnostics), version: BuildVersion.text).prettyJSON)
        }
        if scanned.isEmpty || scanned.contains(where: { $0.inspection.verdict != .safe }) { throw ExitCode(1) }
    }

    private func allowList() throws -> AllowList {
        try allow.reduce(AllowList.shipped) { list, file in
            guard let data = FileManager.default.contents(atPath: file) else {
                throw Failure(
                    .stall, reason: "AllowListUnreadable",
                    message: "\(file): cannot be read; --allow names a file of lines 'module name'")
            }
            do throws(InvalidInput) {
                return list.merging(try AllowList(parsing: String(decoding: data, as: UTF8.self), file: file))
            } catch { throw Failure(.stall, reason: "AllowListBroken", message: error.message) }
        }
    }
}

extension Inspector {
    private func inspect(_ file: FoundFile) -> Inspection {
        guard let problem = file.problem else { return inspect(path: file.path) }
        return Inspection(format: nil, findings: [Inspection.Finding(.unscanned, problem)])
    }

    /// Looks into files side by side, on every processor, and tells of them in their order.
    fileprivate func inspect(_ files: [FoundFile], tell: (ScannedFile) -> Void) async {
        await withTaskGroup(of: (Int, ScannedFile).self) { group in
            var begun = 0
            var found: [Int: ScannedFile] = [:]
            var told = 0
            func begin() {
                guard begun < files.count else { return }
                let (place, file) = (begun, files[begun])
                group.addTask { (place, ScannedFile(path: file.path, inspection: inspect(file))) }
                begun += 1
            }
            for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { begin() }
            for await (place, file) in group {
                begin()
                found[place] = file
                while let next = found.removeValue(forKey: told) {
                    tell(next)
                    told += 1
                }
            }
        }
    }
}

/// A file and what was found in it.
struct ScannedFile {
    var path: String
    var inspection: Inspection

    /// One line for people.
    var text: String {
        let reasons = inspection.findings.map(\.sentence.harmless).joined(separator: "; ")
        let found = inspection.format.map { " (\($0))" } ?? ""
        return "\(path.harmless): \(inspection.verdict.rawValue)\(found)\(reasons.isEmpty ? "" : ": \(reasons)")\n"
    }

    static func value(of files: [ScannedFile]) -> Value {
        [
            "kind": "InspectionList",
            "items": .list(
                files.map { file in
                    [
                        "path": .string(file.path), "verdict": .string(file.inspection.verdict.rawValue),
                        "format": file.inspection.format.map(Value.string) ?? .null,
                        "facts": .object(file.inspection.facts),
                        "findings": .list(
                            file.inspection.findings.map {
                                [
                                    "verdict": .string($0.verdict.rawValue), "place": .string($0.place),
                                    "message": .string($0.message),
                                ]
                            }),
                    ]
                }),
        ]
    }

    /// One for each finding; a file of no known format has one as well.
    var diagnostics: [Diagnostic] {
        inspection.findings.map { finding in
            Diagnostic(
                location: SourceLocation(path: path, line: 1, column: 1),
                rule: "\(finding.verdict.rawValue)-file", message: finding.sentence)
        }
    }
}
