import ArgumentParser
import Foundation
import WaybillCore
import WaybillGit

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
        let remote = try remote.map(Self.checked)
        let skeleton = FleetSkeleton(remote: remote)
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

    /// A path is meant from the working folder here, and from the file's folder in `waybill.yaml`; so it is made absolute.
    /// - Throws: when the address is none that the controller takes, as one with a password, which must not be written down.
    private static func checked(_ remote: String) throws -> String {
        let place = remote.contains(":") ? remote : URL(fileURLWithPath: remote).standardizedFileURL.path
        do {
            _ = try RemoteAddress(parsing: place)
        } catch {
            throw Failure(.stall, reason: "AddressInvalid", message: "--remote: \(error.message)")
        }
        return place
    }
}
