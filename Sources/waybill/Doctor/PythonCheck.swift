import Foundation

/// Whether Python environments can be made: an interpreter with `venv` and `ensurepip`.
struct PythonCheck: Check {
    /// The interpreter to ask.
    var interpreter = "/usr/bin/python3"

    private static let question = """
        import sys
        try:
            import venv, ensurepip
            print("%d.%d.%d venv" % sys.version_info[:3])
        except ImportError:
            print("%d.%d.%d" % sys.version_info[:3])
        """

    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        guard let answer = answer() else {
            return [
                .problem(
                    "python", "\(interpreter) does not run; runtimes with a Python environment cannot start",
                    remedy: "apt install python3 python3-venv")
            ]
        }
        let parts = answer.split(separator: " ")
        let version = parts.first.map(String.init) ?? "?"
        guard parts.count == 2 else {
            return [
                .problem("python", "Python \(version) has no venv or no pip", remedy: "apt install python3-venv")
            ]
        }
        return [.ok("python", "Python \(version) with venv")]
    }

    /// The interpreter's line; nil when it does not run.
    private func answer() -> String? {
        guard let run = try? ProgramRun([interpreter, "-I", "-c", Self.question], errors: .dropped), run.status == 0
        else { return nil }
        let text = String(decoding: run.output, as: UTF8.self).trimmed
        return text.isEmpty ? nil : text
    }
}
