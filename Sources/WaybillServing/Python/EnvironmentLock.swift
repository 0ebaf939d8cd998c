import Glibc
import WaybillCore

/// Turns a lock of any form into the requirements that pip installs.
enum EnvironmentLock {
    /// Bytes of the longest lock.
    static let longest = 8 << 20

    /// As Python names it: `x86_64`, `aarch64`.
    static let machine: String = {
        var names = utsname()
        guard uname(&names) == 0 else { return "" }
        return withUnsafePointer(to: &names.machine) { field in
            field.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) }
        }
    }()

    /// What pip is to install. Packages without hashes are left to the caller: they may be installed from wheels that are kept, and
    /// from nowhere else.
    ///
    /// - Throws: `LockInvalid`, stalling, with what is wrong and the command that locks.
    static func requirements(
        _ bytes: [UInt8], of environment: LockedEnvironment, for interpreter: Interpreter
    ) throws(Failure) -> RequirementsLock {
        let path = environment.lock
        let packages: [LockedPackage]?
        do throws(InvalidInput) {
            packages = try LockForm(path: path).packages(
                bytes, for: MarkerEnvironment(python: interpreter.version, machine: machine))
        } catch {
            throw Failure(.stall, reason: "LockInvalid", message: "\(path): \(error.message)")
        }
        let lock = RequirementsLock(reading: packages.map(Self.text) ?? String(decoding: bytes, as: UTF8.self))
        if let problem = lock.problems.first { throw lock.failure(problem, path: path, python: environment.python) }
        return lock
    }

    /// Where pip looks anyway, or where the operator's own settings send it.
    private static let usualIndex = "https://pypi.org/simple"

    private static func text(_ packages: [LockedPackage]) -> String {
        var indexes: [String] = []
        for index in packages.compactMap(\.index) {
            let plain = index.hasSuffix("/") ? String(index.dropLast()) : index
            if plain != usualIndex, !indexes.contains(plain) { indexes.append(plain) }
        }
        let usesUsual = packages.contains { package in
            package.index.map { $0 == usualIndex || $0 == "\(usualIndex)/" } ?? true
        }
        // Hashes say which bytes are meant, so it does not matter which of several indexes gives them.
        let options = indexes.enumerated().map { place, index in
            place == 0 && !usesUsual ? "--index-url \(index)" : "--extra-index-url \(index)"
        }
        let lines = packages.map { package in
            "\(package.name)==\(package.version)" + package.hashes.map { " \\\n    --hash=\($0)" }.joined()
        }
        return (options + lines).map { $0 + "\n" }.joined()
    }
}
