/// Words of the CNCF ModelPack format, and ours beside them.
package enum ModelPack {
    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    package static let artifactType = "application/vnd.cncf.model.manifest.v1+json"
    static let configType = "application/vnd.cncf.model.config.v1+json"
    static let filePath = "org.cncf.model.filepath"
    static let fileMetadata = "org.cncf.model.file.metadata+json"
    /// Says that the layer's type was told by its name, not by its bytes.
    static let untested = "org.cncf.model.file.mediatype.untested"
    /// Names files for tools that know no ModelPack.
    static let title = "org.opencontainers.image.title"
    static let codeRepository = "org.opencontainers.image.source"
    static let codeCommit = "org.opencontainers.image.revision"
    static let codePath = "dev.waybill.code.path"
    /// Git's own id of the code's folder.
    static let codeTree = "dev.waybill.code.tree"
    /// `churn@1.4.0`.
    static let version = "dev.waybill.version"
    /// Before a dataset's name; the value is its digest.
    static let data = "dev.waybill.data."

    /// What a layer is to the model.
    package enum Layer: String, CaseIterable, Hashable, Sendable {
        case weight
        case weightConfig = "weight.config"
        case doc
        case code
        /// A folder of code, as a tar.
        case codeFolder = "code folder"

        package var mediaType: String {
            switch self {
            case .weight, .weightConfig, .doc, .code: "application/vnd.cncf.model.\(rawValue).v1.raw"
            case .codeFolder: "application/vnd.cncf.model.code.v1.tar"
            }
        }

        package init?(mediaType: String) {
            guard let found = Self.allCases.first(where: { $0.mediaType == mediaType }) else { return nil }
            self = found
        }

        /// Told by the file's name alone, so that equal manifests give equal bundles.
        static func of(path: String) -> Layer {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            if Self.settings.contains(name) { return .weightConfig }
            if name.hasSuffix(".py") { return .code }
            if name.hasSuffix(".md") || name == "LICENSE" || name == "NOTICE" { return .doc }
            return .weight
        }

        /// What the usual libraries and servers write beside weights.
        private static let settings: Set<String> = [
            "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
            "special_tokens_map.json", "added_tokens.json", "tokenizer.json", "tokenizer_config.json",
            "tokenizer.model", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "model-settings.json",
        ]
    }
}
