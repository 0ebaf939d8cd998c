package import Foundation
import WaybillCore

/// Python for tests of real servers: environments that are built once and then shared by all suites and runs of this machine.
///
/// They stand in the folder that `WAYBILL_TEST_CACHE` names, or in `waybill-test-cache` below the system's temporary folder.
package enum PythonSuite {
    /// Libraries that make and measure models, in the versions that the shipped allow list was learned from. Suites that ask for them
    /// share one environment.
    package static let modelLibraries = """
        cloudpickle==3.1.3
        joblib==1.6.0
        lightgbm==4.7.0
        narwhals==2.29.0
        numpy==2.4.6
        scikit-learn==1.9.1
        scipy==1.17.1
        threadpoolctl==3.8.0
        xgboost-cpu==3.2.0

        """

    /// Debian's, which every user can run.
    package static let interpreter = "/usr/bin/python3"

    /// Safe to remove when no test runs.
    package static var cache: URL {
        if let named = ProcessInfo.processInfo.environment["WAYBILL_TEST_CACHE"] { return URL(filePath: named) }
        return FileManager.default.temporaryDirectory.appending(path: "waybill-test-cache")
    }

    /// For environments that the code under test makes itself: as the root of its own store, which must keep what it does not use.
    package static var environments: URL { cache.appending(path: "environments") }

    /// The folder of an environment with the packages of `lock`, built when this is the first to ask.
    package static func environment(lock: String) async throws -> URL {
        let folder = cache.appending(path: "venv-\(Digest(of: lock.utf8).short)")
        let requirements = cache.appending(path: "\(folder.lastPathComponent).txt")
        try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
        try Data(lock.utf8).write(to: requirements, options: .atomic)
        // flock(1) hands its lock to the script: as long as a step of an earlier run lives, nobody else builds.
        let built = try await ChildProgram.run([
            "/usr/bin/flock", "\(folder.path).lock", "/bin/sh", "-eu", "-c", script, "sh", folder.path,
            requirements.path,
        ])
        guard built.status == 0 else {
            throw PythonSuiteError(message: "no Python environment in \(folder.path); its log is beside it")
        }
        return folder
    }

    private static let script = """
        test -e "$1/complete" && exit 0
        exec > "$1.log" 2>&1
        umask 022
        rm -rf "$1"
        \(interpreter) -m venv "$1"
        "$1/bin/python" -m pip install --quiet --no-deps --requirement "$2"
        touch "$1/complete"
        """
}

package struct PythonSuiteError: Error, CustomStringConvertible {
    let message: String
    package var description: String { message }
}
