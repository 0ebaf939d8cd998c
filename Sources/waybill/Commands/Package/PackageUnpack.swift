import ArgumentParser
import Foundation
import WaybillCore
import WaybillPackage

/// `waybill package unpack`.
struct PackageUnpack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpack", abstract: "Lay a bundle out as a folder, for tools that know no bundles.",
        discussion: """
            REF is a version such as churn@1.4.0, or a digest or at least 8 digits of it. The folder has every file by its name, \
            the code as a folder, and what Waybill adds below .waybill: what 'model_signing verify' asks for. It is there as a \
            whole or not at all; one that has something in it is refused. The files are copies.
            """)

    @Argument(help: ArgumentHelp("The bundle.", valueName: "ref"))
    var reference: String

    @Argument(help: ArgumentHelp("A folder that is empty, or not there yet.", valueName: "folder"))
    var folder: String

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let content = try options.content()
        let bundle = try await content.bundle(reference)
        let place = URL(fileURLWithPath: folder).standardizedFileURL.path
        let report = try await BundleUnpacking(content).run(bundle, to: place)
        let value: Value = [
            "kind": "UnpackedBundle", "version": bundle.version.map { .string($0) } ?? .null,
            "digest": .string(bundle.descriptor.digest.description), "folder": .string(place),
            "files": .integer(Int64(report.files)), "size": .integer(report.size),
        ]
        try show(value, output) {
            "\((bundle.version ?? bundle.descriptor.digest.description).harmless) is in \(place.harmless): \(report.files) files, "
                + "\(Bytes.text(report.size))\n"
        }
    }
}
