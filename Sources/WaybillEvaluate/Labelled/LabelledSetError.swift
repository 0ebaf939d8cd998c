/// Why a labelled set cannot be read: where, what, and what to do.
package struct LabelledSetError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The file is not there, or the disk failed.
        case unreadable
        /// A format that is not read here.
        case unsupported
        case malformed
        case overLimit
        case unknownColumn
    }

    package let code: Code
    package let file: String
    /// Counted from 1; nil when it is about the whole file.
    package let line: Int?
    /// The byte in the line, counted from 1.
    package let column: Int?
    package let problem: String
    package let hint: String?

    init(_ code: Code, _ file: String, at place: LinePlace? = nil, _ problem: String, hint: String? = nil) {
        (self.code, self.file, self.problem, self.hint) = (code, file, problem, hint)
        (line, column) = (place?.line, place?.column)
    }

    package var description: String {
        let place = [line, column].compactMap { $0.map { ":\($0)" } }.joined()
        return "\(file)\(place): error: \(problem)" + (hint.map { "\n  hint: \($0)" } ?? "")
    }
}

/// A place in a file; both counted from 1, the column in bytes.
struct LinePlace: Hashable, Sendable {
    var line = 1
    var column = 1
}

/// What is wrong with a cell or a row; its reader knows where it stands.
struct CellProblem: Error {
    var code = LabelledSetError.Code.malformed
    let problem: String
    let hint: String?

    init(_ problem: String, hint: String? = nil) { (self.problem, self.hint) = (problem, hint) }

    init(_ code: LabelledSetError.Code, _ problem: String, hint: String? = nil) {
        (self.code, self.problem, self.hint) = (code, problem, hint)
    }
}
