/// The files that Python environments are installed from, by digest, so that an environment can be built again with no index.
package protocol WheelStore: Sendable {
    /// Puts the files kept under `key` into `folder`, which is empty, and gives their names; nil when they are not all here.
    func place(_ key: String, into folder: String) async throws(Failure) -> [String]?
    /// Keeps the files of `folder` under `key`, in place of what was kept before. `indexes` are the options of pip that say where they
    /// were looked for.
    func keep(_ key: String, from folder: String, indexes: [String]) async throws(Failure)
    /// Keeps nothing under `key` any more.
    func forget(_ key: String) async throws(Failure)
}

/// Where single files of Python environments come from.
package protocol WheelSource: Sendable {
    /// Brings the wheel called `name` with these bytes into `folder`, from the indexes that pip is told of and those of this machine.
    func fetch(_ name: String, digest: Digest, indexes: [String], into folder: String) async throws(Failure)
}
