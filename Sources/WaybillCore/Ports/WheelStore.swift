/// The files that Python environments are installed from, by digest, so that an environment can be built again with no index.
package protocol WheelStore: Sendable {
    /// Puts the files kept under `key` into `folder`, which is empty, and gives their names; nil when they are not all here.
    func place(_ key: String, into folder: String) async throws(Failure) -> [String]?
    /// Keeps the files of `folder` under `key`, in place of what was kept before.
    func keep(_ key: String, from folder: String) async throws(Failure)
    /// Keeps nothing under `key` any more.
    func forget(_ key: String) async throws(Failure)
}
