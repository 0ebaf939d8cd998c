/// Patterns in which `*` is any run of characters, also of none, and everything else is itself.
package enum Wildcard {
    package static let star = UInt8(ascii: "*")

    /// Whether all of `text` is as `pattern` says. The time grows with the product of both lengths at most.
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
        var (at, place) = (0, 0)
        var retry: (at: Int, place: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == star {
                retry = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == text[place] {
                (at, place) = (at + 1, place + 1)
            } else if let last = retry {
                retry = (last.at, last.place + 1)
                (at, place) = (last.at + 1, last.place + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == star }
    }
}
