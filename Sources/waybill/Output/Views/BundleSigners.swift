import WaybillCore
import WaybillPackage

/// Who signed a bundle, for people and for programs.
struct BundleSigners {
    let bundle: StoredBundle
    let findings: [SignatureFinding]
    let hasRules: Bool

    var isTrusted: Bool { findings.contains(where: \.isTrusted) }

    private var name: String { bundle.version ?? bundle.descriptor.digest.description }

    var value: Value {
        [
            "bundle": .string(bundle.descriptor.digest.description),
            "version": bundle.version.map { .string($0) } ?? .null,
            "trusted": .bool(isTrusted), "findings": .list(findings.map(\.value)),
        ]
    }

    var text: String {
        let lines = findings.map { "  \($0.sentence.harmless)\n" }.joined()
        if isTrusted { return "\(name.harmless) is signed:\n" + lines }
        if findings.isEmpty {
            return "\(name.harmless) is not signed; run: waybill package sign \(name.harmless) --key FILE\n"
        }
        let why =
            hasRules
            ? "no signature counts"
            : "there is no \(AccessSchema.path) that says who may sign it; name one by --access, or a key by --public-key"
        return "\(name.harmless) is not signed as it should be: \(why)\n" + lines
    }
}
