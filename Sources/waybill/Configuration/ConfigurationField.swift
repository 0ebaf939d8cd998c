import WaybillCore

/// One setting of the controller: where it stands in `waybill.yaml`, what it may be, and what it means.
struct ConfigurationField: Hashable, Sendable {
    /// Members from the top of the file, joined by dots: `repository.url`.
    var path: String
    var type: ConfigurationType
    /// In canonical form; nil when it has none, or when it is computed.
    var standard: Value?
    /// One sentence for the reference.
    var meaning: String

    init(_ path: String, _ type: ConfigurationType, _ standard: Value? = nil, _ meaning: String) {
        self.path = path
        self.type = type
        self.standard = standard
        self.meaning = meaning
    }

    /// Whether it names a file that holds a secret, which no replica may see.
    var namesSecret: Bool {
        let name = path.split(separator: ".").last ?? ""
        return type == .path
            && ["tokenFile", "sshKey", "sshPassphraseFile", "secretFile"].contains { name == $0 }
    }

    /// `repository.pollInterval` is `WAYBILL_REPOSITORY_POLL_INTERVAL`.
    var environmentVariable: String {
        var name = "WAYBILL_"
        for scalar in path.unicodeScalars {
            if scalar == "." {
                name += "_"
            } else {
                if scalar.properties.isUppercase { name += "_" }
                name += scalar.properties.uppercaseMapping
            }
        }
        return name
    }
}
