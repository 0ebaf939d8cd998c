import Glibc

/// How important a piece of text is; colours only repeat what the words say.
enum Tone: Hashable, Sendable {
    case plain, good, busy, bad, quiet, strong
}

/// Whether and how to colour.
struct Style: Hashable, Sendable {
    var colours: Bool

    /// Colours on a terminal, unless `NO_COLOR` is set (no-color.org) or the terminal is dumb.
    init(isTerminal: Bool, variables: [String: String]) {
        let refused = variables["NO_COLOR"].map { !$0.isEmpty } ?? false
        colours = isTerminal && !refused && variables["TERM"] != "dumb"
    }

    static let plain = Style(isTerminal: false, variables: [:])

    func paint(_ text: String, _ tone: Tone) -> String {
        guard colours, let code = tone.code, !text.isEmpty else { return text }
        return "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }
}

extension Tone {
    fileprivate var code: String? {
        switch self {
        case .plain: nil
        case .good: "32"
        case .busy: "33"
        case .bad: "31"
        case .quiet: "2"
        case .strong: "1"
        }
    }
}

/// The streams of this process.
struct Console: Sendable {
    var style: Style
    var isOutputTerminal: Bool
    var isErrorTerminal: Bool

    static func standard(variables: [String: String]) -> Console {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        return Console(
            style: Style(isTerminal: isTerminal, variables: variables), isOutputTerminal: isTerminal,
            isErrorTerminal: isatty(STDERR_FILENO) == 1)
    }

    /// Writes to standard output. A reader that has gone ends the process as SIGPIPE would; a full disk is an error.
    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes bytes as they are.
    func write(_ bytes: [UInt8]) {
        guard let code = Self.write(bytes, to: STDOUT_FILENO) else { return }
        if code != EPIPE { warn("error: the output cannot be written: \(String(cString: strerror(code)))") }
        exit(code == EPIPE ? 128 + SIGPIPE : 1)
    }

    func line(_ text: String = "") { write(text + "\n") }

    /// Writes a line to standard error.
    func warn(_ text: String) { _ = Self.write(Array((text + "\n").utf8), to: STDERR_FILENO) }

    /// Columns of the terminal that is written to; nil when it is none, or does not say.
    var columns: Int? {
        var size = winsize()
        guard isOutputTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Tells of long work, only where a person looks.
    func progress(_ text: String) {
        guard isErrorTerminal else { return }
        _ = Self.write(Array("\r\u{1b}[K\(text)".utf8), to: STDERR_FILENO)
    }

    func endProgress() { progress("") }

    /// - Returns: the error number when not all could be written.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
