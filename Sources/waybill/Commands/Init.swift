import ArgumentParser
import Foundation
import WaybillCore

/// `waybill init`.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a small fleet that works as it is, to begin from.")

    @Argument(help: ArgumentHelp("Where to; made if it is not there.", valueName: "dir"), completion: .directory)
    var folder: String

    @Option(
        help: ArgumentHelp(
            "The git repository that the controller is to watch; without it, the folder itself.", valueName: "url"))
    var remote: String?

    func run() throws {
        let skeleton = FleetSkeleton(remote: remote.map(Self.absolute))
        try skeleton.write(to: URL(fileURLWithPath: folder, isDirectory: true))
        let console = Console.current
        for path in skeleton.files.keys.sorted() { console.line("  \(path)") }
        let push = remote.map { " && git push \($0.shellQuoted) main" } ?? ""
        console.line(
            """
            \(skeleton.files.count) files written to \(folder.harmless). Next:
              cd \(folder.shellQuoted.harmless)
              waybill lint
              git init -b main && git add . && git commit -m Begin\(push.harmless)
              waybill run
            """)
    }

    /// A path is meant from the working folder here, and from the file's folder in `waybill.yaml`.
    private static func absolute(_ remote: String) -> String {
        remote.contains(":") ? remote : URL(fileURLWithPath: remote).standardizedFileURL.path
    }
}
