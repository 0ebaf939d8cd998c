import Glibc

/// Why a replica was not started: a stable reason, and words that say what to do.
struct Refusal: Error {
    var reason: String
    var message: String

    init(_ reason: String, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// A system call that failed, with the words of `errno` as it is now.
    static func system(_ reason: String, _ what: String) -> Refusal {
        Refusal(reason, "\(what): \(errorText(errno))")
    }
}

func errorText(_ number: Int32) -> String {
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
}
