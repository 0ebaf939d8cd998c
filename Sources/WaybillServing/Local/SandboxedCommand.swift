package import WaybillCore

/// A program that is asked once, and what it may use. It is kept like a replica, and is never observed as one that serves.
package struct SandboxedCommand: Sendable {
    package var id: ReplicaID
    /// Names its code.
    package var revision: Revision
    package var version: VersionID
    /// The program and its arguments, without a shell.
    package var run: [String]
    /// Files of its work folder, by paths in it.
    package var files: [String: [UInt8]]
    /// Files that are copied into its work folder, by paths in it: what it does to them is of no matter.
    package var copies: [String: String]
    /// Folders that it may read and not write.
    package var readable: [String]
    package var isolation: Isolation
    package var hasNetwork: Bool
    /// From its start to its end.
    package var timeout: Duration
    package var memory: Int64
    /// A folder with the Python environment that it runs in, which it may only read; its programs come first. Nil: what the machine has.
    package var environment: String?
    /// A folder of its work folder that is there, and whose files are what it gives; nil: what it writes to its standard output is.
    package var collects: String?
    /// Bytes of its answer that are kept.
    package var outputSize: Int
    /// What it reads from its standard input, given the folder that it runs in.
    package var input: @Sendable (_ work: String) -> [UInt8]

    package init(
        key: DeploymentKey, revision: Revision, serial: UInt64, version: VersionID, run: [String],
        files: [String: [UInt8]], copies: [String: String] = [:],
        readable: [String] = [], isolation: Isolation = .sandbox, hasNetwork: Bool = false,
        timeout: Duration,
        memory: Int64, outputSize: Int, environment: String? = nil, collects: String? = nil,
        input: @escaping @Sendable (_ work: String) -> [UInt8]
    ) {
        id = ReplicaID(key: key, revision: revision, serial: serial)
        self.revision = revision
        self.version = version
        self.run = run
        self.files = files
        self.copies = copies
        self.readable = readable
        self.isolation = isolation
        self.hasNetwork = hasNetwork
        self.timeout = timeout
        self.memory = memory
        self.outputSize = outputSize
        (self.environment, self.collects) = (environment, collects)
        self.input = input
    }

    /// How it came to its end.
    package enum End: Hashable, Sendable {
        /// It ended by itself, well, and this is what it wrote to its standard output.
        case answered([UInt8])
        /// It ended by itself, well, and this is what stands in the folder that it was to fill.
        case gave([CollectedFile])
        /// It did not, for this reason.
        case failed(String)
    }
}
