import WaybillCore
import WaybillTrust

/// What a bundle is made of and came from, as a CycloneDX 1.6 bill of materials for machine learning: a function of the bundle alone, so
/// that everybody who has the bundle makes the same bytes. No time is in it.
struct BillOfMaterials: Hashable, Sendable {
    static let mediaType = "application/vnd.cyclonedx+json"

    let bundle: StoredBundle
    /// The `spec` of the rendered `ModelVersion` in it.
    let spec: Value
    let libraries: [LockedLibrary]

    var bytes: [UInt8] { value.jsonBytes }

    var value: Value {
        var components = files + data + libraries.map(Self.component)
        if let python = spec["environment"]?["python"]?.string {
            components.append([
                "type": "platform", "bom-ref": "python", "name": "python", "version": .string(python),
            ])
        }
        return [
            "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "serialNumber": .string(serialNumber),
            "metadata": ["component": .object(model)], "components": .list(components),
            "dependencies": [
                ["ref": "model", "dependsOn": .list(components.compactMap { $0["bom-ref"] })]
            ],
        ]
    }

    /// A UUID of version 8 from the bundle's digest.
    private var serialNumber: String {
        var digits = Array(bundle.descriptor.digest.hex.prefix(32))
        digits[12] = "8"
        digits[16] = "8"
        let groups = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        return "urn:uuid:" + groups.map { String($0) }.joined(separator: "-")
    }

    private var model: Members {
        let name = spec["model"]?.string ?? bundle.version ?? bundle.descriptor.digest.short
        var model: Members = [
            "type": "machine-learning-model", "bom-ref": "model", "name": .string(name),
            "hashes": [Self.hash("SHA-256", bundle.descriptor.digest.hex)], "modelCard": card,
        ]
        if let version = spec["version"]?.string { model["version"] = .string(version) }
        if let license = spec["license"]?.string { model["licenses"] = [Self.license(license)] }
        if let repository = spec["code"]?["repository"]?.string, let commit = spec["code"]?["commit"]?.string {
            model["externalReferences"] = [
                [
                    "type": "vcs", "url": .string(AddressText.reference(repository)),
                    "comment": .string("commit \(commit)"),
                ]
            ]
        }
        return model
    }

    private var card: Value {
        var parameters: Members = [:]
        let datasets: [Value] = (spec["data"]?.list ?? []).compactMap { set in
            set["name"]?.string.map { ["ref": .string("data:\($0)")] }
        }
        if !datasets.isEmpty { parameters["datasets"] = .list(datasets) }
        for side in ["inputs", "outputs"] {
            let tensors = (spec["interface"]?[side]?.list ?? []).compactMap(Self.tensor)
            if !tensors.isEmpty { parameters[side] = .list(tensors) }
        }
        if let format = spec["format"]?.string { parameters["modelArchitecture"] = .string(format) }
        var card: Members = ["bom-ref": "card", "modelParameters": .object(parameters)]
        let metrics: [Value] = (spec["metrics"]?.object ?? [:]).sorted { $0.key < $1.key }.map { name, value in
            ["type": .string(name), "value": .string(value.json)]
        }
        if !metrics.isEmpty { card["quantitativeAnalysis"] = ["performanceMetrics": .list(metrics)] }
        return .object(card)
    }

    /// `input-0: FP32 [-1,4]`.
    private static func tensor(_ value: Value) -> Value? {
        guard let name = value["name"]?.string, let datatype = value["datatype"]?.string else { return nil }
        let shape = (value["shape"]?.list ?? []).compactMap(\.integer).map(String.init).joined(separator: ",")
        return ["format": .string("\(name): \(datatype) [\(shape)]")]
    }

    private var files: [Value] {
        bundle.layers.map { layer in
            [
                "type": "file", "bom-ref": .string("file:\(layer.path)"), "name": .string(layer.path),
                "mime-type": .string(layer.mediaType), "hashes": [Self.hash("SHA-256", layer.digest.hex)],
            ]
        }
    }

    private var data: [Value] {
        (spec["data"]?.list ?? []).compactMap { set in
            guard let name = set["name"]?.string,
                let digest = set["digest"]?.string.flatMap({ try? Digest(parsing: $0) })
            else { return nil }
            var contents: Members = ["type": "dataset", "name": .string(name)]
            if let uri = set["uri"]?.string { contents["contents"] = ["url": .string(AddressText.reference(uri))] }
            return [
                "type": "data", "bom-ref": .string("data:\(name)"), "name": .string(name),
                "hashes": [Self.hash("SHA-256", digest.hex)], "data": [.object(contents)],
            ]
        }
    }

    private static func component(_ library: LockedLibrary) -> Value {
        let purl = "pkg:pypi/\(library.name)@\(library.version.replacing("+", with: "%2B").replacing("!", with: "%21"))"
        var component: Members = [
            "type": "library", "bom-ref": .string(purl), "name": .string(library.name),
            "version": .string(library.version), "purl": .string(purl),
        ]
        if !library.hashes.isEmpty {
            component["externalReferences"] = [
                [
                    "type": "distribution", "url": .string("https://pypi.org/project/\(library.name)/"),
                    "comment": "any of the files with these hashes",
                    "hashes": .list(library.hashes.map { hash($0.algorithm, $0.hex) }),
                ]
            ]
        }
        return .object(component)
    }

    private static func hash(_ algorithm: String, _ hex: String) -> Value {
        ["alg": .string(algorithm), "content": .string(hex)]
    }

    /// By its SPDX identifier when it is one of those that are usual, by its name otherwise: the format's own list is closed.
    private static func license(_ text: String) -> Value {
        ["license": [usualLicenses.contains(text) ? "id" : "name": .string(text)]]
    }

    private static let usualLicenses: Set<String> = [
        "Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MPL-2.0", "EPL-2.0", "EUPL-1.2",
        "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "LGPL-2.1-only", "LGPL-3.0-only",
        "AGPL-3.0-only", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "Unlicense",
    ]
}
