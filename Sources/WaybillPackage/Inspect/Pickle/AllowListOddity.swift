import WaybillCore

/// A line of an allow list that is well written, and hardly what was meant.
struct Oddity {
    let message: String
    let hint: String

    /// Nil for a line like any other.
    /// - Parameters:
    ///   - entry: "module name".
    ///   - old: its use in the line that has it already.
    ///   - first: the number of that line.
    init?(_ entry: String, _ old: AllowList.Use?, first: Int?, use: AllowList.Use?) {
        if let first, let old {
            message = "\(entry.quotedForMessage) is in line \(first) already" + (old == use ? "" : ", for another use")
            hint = old == use ? "remove one of them" : "remove one of them; the last one counts"
        } else if Self.isPowerful(entry) {
            message = "\(entry.quotedForMessage) lets whoever writes a pickle run what they like"
            hint = "remove it, and save the model in another way"
        } else {
            return nil
        }
    }

    /// Modules whose functions start programs, load code or reach any file, whatever they are called with.
    private static let modules: Set<Substring> = [
        "_posixsubprocess", "asyncio", "bdb", "cloudpickle", "code", "codeop", "commands", "ctypes", "dill",
        "distutils", "imp",
        "importlib", "multiprocessing", "nt", "os", "pdb", "pickle", "pip", "pkgutil", "popen2", "posix", "pty",
        "pydoc",
        "runpy", "shelve", "shutil", "socket", "subprocess", "sys", "timeit", "venv", "webbrowser", "zipimport",
    ]
    private static let builtins: Set<Substring> = [
        "apply", "breakpoint", "classmethod", "compile", "delattr", "eval", "exec", "execfile", "filter", "getattr",
        "globals",
        "help", "input", "locals", "map", "open", "reduce", "setattr", "type", "vars",
    ]

    private static func isPowerful(_ entry: String) -> Bool {
        let words = entry.split(separator: " ")
        guard words.count == 2, let top = words[0].split(separator: ".").first else { return false }
        if modules.contains(top) { return true }
        return ["builtins", "__builtin__"].contains(words[0]) && builtins.contains(words[1])
            || ["operator", "_operator"].contains(words[0])
                && ["attrgetter", "call", "methodcaller", "itemgetter"].contains(words[1])
            || words[0] == "functools" && ["partial", "reduce"].contains(words[1])
            || words[0] == "types" && ["CodeType", "FunctionType"].contains(words[1])
    }
}
