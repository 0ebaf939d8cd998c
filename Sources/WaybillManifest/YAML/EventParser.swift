internal import CLibYAML

/// Owns one libyaml parser over memory that outlives it.
struct EventParser: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let event: UnsafeMutablePointer<yaml_event_t>

    /// Nil when there is no memory for it. `text` must stay where it is while the parser lives.
    init?(reading text: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        event = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            event.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        event.deallocate()
    }

    /// Gives the next event to `body` and frees it after. False when the text is not well-formed: see `failure`.
    func next(_ body: (UnsafePointer<yaml_event_t>) -> Void) -> Bool {
        guard yaml_parser_parse(parser, event) == 1 else { return false }
        body(event)
        yaml_event_delete(event)
        return true
    }

    /// Why the last `next` failed.
    var failure: Failure {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not well-formed"
        if parser.pointee.error == YAML_READER_ERROR {
            return Failure(
                problem: problem, context: nil, place: .byte(Int(parser.pointee.problem_offset)), contextStart: nil)
        }
        let context = parser.pointee.context.map { String(cString: $0) }
        return Failure(
            problem: problem, context: context, place: .character(Int(parser.pointee.problem_mark.index)),
            contextStart: context == nil ? nil : Int(parser.pointee.context_mark.index))
    }

    struct Failure {
        enum Place { case byte(Int), character(Int) }

        var problem: String
        var context: String?
        var place: Place
        /// Where the construct began, in characters.
        var contextStart: Int?
    }
}
