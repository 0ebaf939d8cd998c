import Foundation
import Glibc
import WaybillCore

/// A Python interpreter of this machine.
struct Interpreter: Hashable, Sendable {
    /// Without symbolic links.
    let path: String
    /// As in `3.11.2`.
    let version: String
}

/// Finds the interpreter of a version that the replicas' users can run as well.
package struct InterpreterSearch: Sendable {
    /// Where to look, in order.
    let folders: [String]
    /// Whether a replica runs as another user, who must be able to enter the interpreter's folders.
    let isForOthers: Bool

    /// - Parameter path: the `PATH` of the controller; looked at after `/usr/bin` and `/usr/local/bin`.
    package init(path: String, isForOthers: Bool) {
        let more = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        var seen: Set<String> = []
        folders = (["/usr/bin", "/usr/local/bin"] + more).filter { seen.insert($0).inserted }
        self.isForOthers = isForOthers
    }

    /// Of this process: others matter when it is root, since replicas then run as another user.
    package static func ofThisProcess(variables: [String: String]) -> InterpreterSearch {
        InterpreterSearch(path: variables["PATH"] ?? "", isForOthers: geteuid() == 0)
    }

    init(folders: [String], isForOthers: Bool) {
        self.folders = folders
        self.isForOthers = isForOthers
    }

    /// - Throws: `PythonMissing`, stalling, with each candidate that was passed over and what to install.
    func find(_ wanted: String, cancellation: Cancellation) throws(Failure) -> Interpreter {
        var passedOver: [String] = []
        for folder in folders {
            for name in ["python\(wanted)", "python3"] {
                let path = "\(folder)/\(name)"
                guard access(path, F_OK) == 0 else { continue }
                switch judge(path, wanted: wanted, cancellation) {
                case .success(let interpreter): return interpreter
                case .failure(let why): passedOver.append("\(path): \(why.message)")
                }
            }
        }
        let looked = passedOver.isEmpty ? "" : " Passed over: \(passedOver.joined(separator: "; "))."
        throw Failure(
            .stall, reason: "PythonMissing",
            message:
                "no usable Python \(wanted) on this machine; install it with 'apt install python\(wanted) python\(wanted)-venv', "
                + "or as /usr/local/bin/python\(wanted).\(looked)")
    }

    private func judge(_ path: String, wanted: String, _ cancellation: Cancellation) -> Result<
        Interpreter, InvalidInput
    > {
        guard let real = realPath(path) else { return .failure(InvalidInput("its link leads nowhere")) }
        if let problem = problemForOthers(real, isProgram: true) { return .failure(InvalidInput(problem)) }
        guard let facts = InterpreterFacts.ask(path, cancellation) else {
            return .failure(InvalidInput("it does not run"))
        }
        guard facts.version.hasPrefix("\(wanted).") else {
            return .failure(InvalidInput("it is Python \(facts.version)"))
        }
        if let problem = problemForOthers(facts.path, isProgram: true)
            ?? problemForOthers(facts.library, isProgram: false)
        {
            return .failure(InvalidInput(problem))
        }
        guard facts.canMakeEnvironments else {
            return .failure(InvalidInput("it lacks venv; install it with 'apt install python\(wanted)-venv'"))
        }
        return .success(Interpreter(path: facts.path, version: facts.version))
    }

    /// Why another user could not use what is at `path`, if that matters.
    private func problemForOthers(_ path: String, isProgram: Bool) -> String? {
        guard isForOthers else { return nil }
        var folder = path
        while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            folder = String(folder[..<slash])
            if !hasMode(folder, S_IXOTH) { return "other users may not enter \(folder)" }
        }
        return hasMode(path, S_IXOTH | S_IROTH) ? nil : "other users may not \(isProgram ? "run" : "read") \(path)"
    }

    private func hasMode(_ path: String, _ bits: mode_t) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & bits == bits
    }

    private func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}

/// What an interpreter says about itself.
private struct InterpreterFacts: Decodable {
    let path: String
    let version: String
    let library: String
    let canMakeEnvironments: Bool

    private static let program = """
        import json, os, sys
        from importlib.util import find_spec
        print(json.dumps({
            "path": os.path.realpath(sys.executable), "version": "%d.%d.%d" % sys.version_info[:3],
            "library": os.path.dirname(os.__file__),
            "canMakeEnvironments": bool(find_spec("venv") and find_spec("ensurepip")),
        }))
        """

    /// Nil when it does not run, or not for long.
    static func ask(_ path: String, _ cancellation: Cancellation) -> InterpreterFacts? {
        var output: [UInt8] = []
        let command = ChildCommand(
            arguments: [path, "-I", "-S", "-c", program], variables: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"],
            lock: nil)
        let end = try? command.run(deadline: .now + .seconds(20), cancellation: cancellation) { bytes in
            if output.count < 65_536 { output += bytes }
        }
        guard end == .code(0) else { return nil }
        return try? JSONDecoder().decode(InterpreterFacts.self, from: Data(output))
    }
}
