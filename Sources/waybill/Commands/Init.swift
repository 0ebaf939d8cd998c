import ArgumentParser
import Foundation
import WaybillCore

/// `waybill init`.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a small fleet that works as it is, to begin from.")

    @Argument(help: ArgumentHelp("Where to; made if it is not there.", valueName: "dir"), completion: .directory)
    var folder: String

    func run() throws {
        let skeleton = FleetSkeleton(schemas: Wiring.standard.schemas)
        try skeleton.write(to: URL(fileURLWithPath: folder, isDirectory: true))
        let console = Console.current
        for path in skeleton.files.keys.sorted() { console.line("  \(path)") }
        console.line(
            """
            \(skeleton.files.count) files written to \(folder.harmless). Next:
              cd \(folder.shellQuoted.harmless) && git init -b main && git add . && git commit -m Begin
              waybill run
            """)
    }
}
