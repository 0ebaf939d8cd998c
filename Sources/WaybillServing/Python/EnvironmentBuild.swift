import Foundation
import WaybillCore

/// Builds one environment: venv, wheels of the lock and no others, byte code, all durable, and the mark last.
///
/// *Flow*: `begin`; then either `fetch`, after which the caller may keep the wheels, or the caller puts kept ones in place; `finish`.
///
/// No code of a package runs here: wheels are only unpacked (unless the lock asks for a build from source by `--no-binary`), and the
/// environment's interpreter is not started again once packages are in it.
struct EnvironmentBuild {
    let environment: LockedEnvironment
    let interpreter: Interpreter
    let folder: EnvironmentFolder
    let lock: BuildLock
    let log: BuildLog
    let variables: [String: String]
    let deadline: ContinuousClock.Instant
    let cancellation: Cancellation

    /// Where the wheels are while they are installed.
    var wheels: String { "\(folder.path)/wheels" }

    /// Makes the empty environment, with a folder for its wheels.
    func begin() throws(Failure) {
        try leavingNothing { () throws(Failure) in
            try folder.remove()
            try folder.make()
            try run("venv", [interpreter.path, "-I", "-m", "venv", folder.path])
            try EnvironmentFolder.make(wheels, mode: 0o700)
        }
    }

    /// Brings the wheels of the lock from its index; what has to be built from source is built.
    func fetch(_ requirements: RequirementsLock) throws(Failure) {
        if requirements.packages.isEmpty { return }
        try leavingNothing { () throws(Failure) in
            let file = "\(folder.path)/lock.txt"
            guard FileManager.default.createFile(atPath: file, contents: Data(requirements.text.utf8)) else {
                throw EnvironmentFailure.disk("write", file)
            }
            try run(
                "pip",
                pip + [
                    "wheel", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--progress-bar", "off",
                    "--timeout", "15",
                    "--retries", "3", "--wheel-dir", wheels, "--requirement", file,
                ])
        }
    }

    /// Installs the wheels that are here, by name and with no index, and makes it an environment.
    func finish(_ requirements: RequirementsLock, wheels names: [String]) throws(Failure) {
        try leavingNothing { () throws(Failure) in
            if !names.isEmpty {
                try run(
                    "pip",
                    pip + [
                        "install", "--no-index", "--no-deps", "--no-compile", "--no-warn-script-location",
                        "--root-user-action", "ignore", "--progress-bar", "off",
                    ] + names.map { "\(wheels)/\($0)" })
            }
            try requireAll(of: requirements)
            try compile()
            do { try FileManager.default.removeItem(atPath: wheels) } catch {
                throw Failure(
                    .retry, reason: "StoreUnavailable",
                    message: "cannot remove \(wheels): \(error.localizedDescription)")
            }
            try run("sync", ["/usr/bin/sync", "--file-system", folder.path])
            try folder.complete(mark)
        }
    }

    private var pip: [String] {
        ["\(folder.path)/bin/python", "-I", "-m", "pip", "--no-input", "--disable-pip-version-check"]
    }

    /// On failure nothing is left but the log.
    private func leavingNothing(_ body: () throws(Failure) -> Void) throws(Failure) {
        do throws(Failure) { try body() } catch {
            try? folder.remove()
            throw error
        }
    }

    private var mark: EnvironmentFolder.Mark {
        EnvironmentFolder.Mark(
            python: environment.python, lockDigest: environment.lockDigest.description, interpreter: interpreter.path,
            version: interpreter.version)
    }

    /// Asks pip whether a package asks for one that the lock left out, without running the environment's start-up files.
    private func requireAll(of requirements: RequirementsLock) throws(Failure) {
        var output: [UInt8] = []
        let end = try launch([interpreter.path, "-I", "-S", "-c", Self.check, sitePackages]).run(
            deadline: deadline, cancellation: cancellation
        ) { if output.count < 1 << 20 { output += $0 } }
        if end == .deadline { throw EnvironmentFailure.step("pip check", end, lock: environment.lock, log: log) }
        let ending = ", which is not installed."
        let missing = String(decoding: output, as: UTF8.self).split(separator: "\n").filter { line in
            guard line.hasSuffix(ending), let name = line.dropLast(ending.count).split(separator: " ").last else {
                return false
            }
            return !requirements.omitted.contains(LockedPackage.normalised(name))
        }
        guard missing.isEmpty else {
            throw EnvironmentFailure.incomplete(
                missing.map { String($0.dropLast(ending.count)) }, lock: environment.lock)
        }
    }

    /// Replicas cannot write here, and compiling at each start takes longer than starting: byte code is made once. Files that do
    /// not compile, such as templates, are none of our business.
    private func compile() throws(Failure) {
        let arguments = [interpreter.path, "-I", "-S", "-m", "compileall", "-q", "-j", "0", sitePackages]
        let end = try launch(arguments).run(deadline: deadline, cancellation: cancellation) { _ in }
        if end == .deadline { throw EnvironmentFailure.step("compileall", end, lock: environment.lock, log: log) }
    }

    private func run(_ name: String, _ arguments: [String]) throws(Failure) {
        let end = try launch(arguments).run(deadline: deadline, cancellation: cancellation) { log.append($0) }
        log.endLine()
        guard end == .code(0) else { throw EnvironmentFailure.step(name, end, lock: environment.lock, log: log) }
    }

    private func launch(_ arguments: [String]) -> ChildCommand {
        ChildCommand(
            arguments: [interpreter.path, "-I", "-S", "-c", Self.launcher] + arguments, variables: childVariables,
            lock: lock.descriptor)
    }

    private var sitePackages: String { "\(folder.path)/lib/python\(environment.python)/site-packages" }

    /// Only what pip needs: none of the controller's own secrets, and nothing that would install elsewhere.
    private var childVariables: [String: String] { Self.passed(variables) }

    static func passed(_ variables: [String: String]) -> [String: String] {
        let passed = variables.filter { Self.passed.contains($0.key) }
        return passed.merging(["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]) { _, ours in ours }
    }

    private static let passed: Set<String> = [
        "HOME", "USER", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "NETRC",
        "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CERT",
        "PIP_CLIENT_CERT",
        "PIP_CONFIG_FILE", "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_PROXY", "PIP_KEYRING_PROVIDER",
        "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    ]

    /// Closes what the controller had open (sockets above all), keeps the lock, lets every user read what is made, and yields to
    /// what serves.
    private static let launcher = """
        import os, sys
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 3:
                try: os.close(int(name))
                except OSError: pass
        os.umask(0o022)
        os.nice(5)
        os.execv(sys.argv[1], sys.argv[1:])
        """

    private static let check = """
        import sys
        sys.path.insert(0, sys.argv[1])
        from pip._internal.cli.main import main
        sys.exit(main(["check", "--disable-pip-version-check"]))
        """
}
