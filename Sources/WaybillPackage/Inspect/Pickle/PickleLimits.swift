/// What a pickle may cost: every bound is far above what models need, and keeps a hostile file's time and memory small.
struct PickleLimits: Sendable {
    /// Values on the stack at once.
    var stack = 1 << 20
    /// The highest index of the memo.
    var memo = 1 << 22
    /// Strings, tuples, containers and instances made in one pickle.
    var nodes = 1 << 22
    /// Values kept of one list, dict or set; what is beyond is counted, not known.
    var kept = 1 << 16
    /// Values kept of all containers and tuples together.
    var keptInAll = 1 << 22
    /// Bytes of short strings that are copied; further ones are read again when they are asked for.
    var held = 16 << 20
    /// Different names that one pickle imports.
    var globals = 20_000
    /// Pickles one after the other in a file, and pickles inside another one's bytes.
    var streams = 100_000
    var depth = 8
    /// Bytes of a module's or a class's name.
    var name = 512
    /// Findings told one by one.
    var findings = 20
}

/// Why interpreting a pickle ended before its STOP. Never the same as safe.
enum PickleError: Error, Hashable, Sendable {
    /// The file ends inside an opcode, or before STOP.
    case truncated(at: Int64)
    /// Python would refuse it here too, or loaders disagree; in words that end before "at byte".
    case malformed(String, at: Int64)
    /// More than `PickleLimits` allows, in words.
    case tooLarge(String, at: Int64)
    case unreadable(String)

    var message: String {
        switch self {
        case .truncated(let place): "the file ends inside a pickle at byte \(place)"
        case .malformed(let what, let place): "\(what) at byte \(place)"
        case .tooLarge(let what, let place): "\(what) at byte \(place), more than is followed"
        case .unreadable(let what): what
        }
    }
}
