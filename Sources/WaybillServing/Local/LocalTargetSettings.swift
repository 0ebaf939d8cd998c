import Glibc

/// Where the local target keeps its replicas, and what of the machine it may use.
package struct LocalTargetSettings: Hashable, Sendable {
    /// The controller's state folder; absolute. Hidden from every sandboxed replica, with all in it.
    package var state: String
    /// Path of `waybill-shim`.
    package var shim: String
    /// Ports of replicas; each replica takes one for each name of its runtime. Best outside the kernel's ephemeral range.
    package var ports: ClosedRange<Int>
    /// Numeric users of sandboxed replicas when the controller is root; nobody else may use them.
    package var users: ClosedRange<UInt32>
    /// Further folders and files that no replica may see: keys and tokens outside the state folder.
    package var hidden: [String]
    /// Folders whose entries replicas share, each by its key: model files, Python environments. Where no mount namespace can
    /// be made, a replica that knows the key of another's may read it.
    package var shared: [String] = []
    /// Folders that `valueFrom: {file}` may read from; empty: anywhere that is not hidden. Messages name the setting
    /// `isolation.secretFolders`.
    package var secretFolders: [String]
    /// Home folders of the controller's user, whose usual places of personal keys no replica may see.
    package var homes: [String] = LocalTargetSettings.usualHomes
    /// Bytes of one log file of a replica, and how many files are kept.
    package var logSize: Int
    package var logGenerations: Int
    /// The folder of all replicas, below `state`.
    package var folder: String
    /// A cgroup v2 folder that the controller may make cgroups in; nil looks for one.
    package var cgroup: String?

    package init(
        state: String, shim: String, ports: ClosedRange<Int> = 18_000...19_999,
        users: ClosedRange<UInt32> = 210_000...219_999, hidden: [String] = [], secretFolders: [String] = [],
        logSize: Int = 10 << 20, logGenerations: Int = 3, folder: String = "replicas",
        cgroup: String? = nil
    ) {
        self.state = state
        self.shim = shim
        self.ports = ports
        self.users = users
        self.hidden = hidden
        self.secretFolders = secretFolders
        self.logSize = logSize
        self.logGenerations = logGenerations
        self.folder = folder
        self.cgroup = cgroup
    }

    package var replicas: String { "\(state)/\(folder)" }

    /// The home that the user database names, and that of the environment where it is another one.
    package static var usualHomes: [String] {
        let own = getpwuid(geteuid()).flatMap { $0.pointee.pw_dir }.map { String(cString: $0) } ?? "/root"
        guard let named = getenv("HOME").map({ String(cString: $0) }), named.hasPrefix("/"), named != own else {
            return [own]
        }
        return [own, named]
    }
}
