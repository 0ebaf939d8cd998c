import WaybillCore

/// How a replica is set apart on this machine.
enum SandboxWay: Hashable, Sendable {
    case none
    /// Another user, by number.
    case user(UInt32)
    /// A user and mount namespace of its own.
    case namespace

    /// The word in the spec.
    var word: String {
        switch self {
        case .none: "none"
        case .user: "user"
        case .namespace: "namespace"
        }
    }
}

/// What a sandboxed replica of one spec must not see, and what it sees nevertheless.
struct SandboxPaths {
    var hidden: [String]
    var readable: [String]
    /// Hidden by a mount namespace only.
    var shared: [String]

    init(settings: LocalTargetSettings, model: String?, environment: String?, secretFiles: [String]) {
        hidden = Self.hidden(by: settings) + secretFiles.compactMap(Disk.resolved)
        readable =
            (model.map { [$0] } ?? []) + (environment.map { [$0] } ?? [])
            + (environment.flatMap(Self.interpreter).map { [$0] } ?? [])
        readable = readable.compactMap(Disk.resolved)
        shared = settings.shared.compactMap(Disk.resolved)
    }

    /// What no replica may see, whatever its spec: the state folder, configured places, and those of personal keys.
    static func hidden(by settings: LocalTargetSettings) -> [String] {
        let personal = settings.homes.flatMap { home in personalPlaces.map { "\(home)/\($0)" } }
        return [settings.state] + (settings.hidden + personal).compactMap(Disk.resolved)
    }

    private static let personalPlaces = [
        ".ssh", ".gnupg", ".aws", ".config", ".netrc", ".git-credentials", ".docker", ".kube", ".cache/huggingface",
    ]

    /// Where the interpreter of a Python environment has its library, unless that is the system's own place.
    private static func interpreter(of environment: String) -> String? {
        guard let text = Disk.text("\(environment)/pyvenv.cfg") else { return nil }
        let home = text.split(separator: "\n").first { $0.hasPrefix("home") }?.split(separator: "=").last
        guard var path = home.map({ $0.drop { $0 == " " } }), path.hasSuffix("/bin") else { return nil }
        path.removeLast(4)
        let isSystem = ["", "/usr", "/usr/local"].contains(String(path))
        return isSystem ? nil : String(path)
    }
}
