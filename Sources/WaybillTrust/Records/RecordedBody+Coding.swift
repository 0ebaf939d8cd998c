extension RecordedBody {
    /// Appends its part of a core.
    func appendCore(to bytes: inout ByteWriter) {
        bytes.append(form.rawValue)
        bytes.append(flags.rawValue)
        bytes.append(big: size)
        if form != .nothing { bytes.append(digest ?? .empty) }
        if form == .selection {
            bytes.append(big: UInt32(clamping: selection?.size ?? 0))
            bytes.append(selection?.digest ?? .empty)
        }
    }

    /// Appends its part of the attachments.
    func appendAttachment(to bytes: inout ByteWriter) {
        guard form != .nothing else { return }
        if let salt {
            salt.withBytes { bytes.append($0) }
            bytes.append(big: salt.check)
            if keptSize > 0 { payload?.withUnsafeBytes { bytes.append($0) } }
        } else {
            bytes.leaveRoom(attachmentLength)
        }
    }

    /// Bytes of its attachments.
    var attachmentLength: Int {
        form == .nothing ? 0 : RecordFormat.saltLength + RecordFormat.saltCheckLength + keptSize
    }

    /// Reads its part of a core; salt and payload come later.
    init(core cursor: inout RecordCursor) throws(RecordError) {
        let code = try cursor.integer(UInt8.self)
        guard let form = Form(rawValue: code) else { throw .malformed("no body has form \(code)") }
        let flags = Flags(rawValue: try cursor.integer(UInt8.self))
        guard flags.isSubset(of: .all) else { throw .malformed("a body has flags that nobody knows") }
        self.init(nothingOf: try cursor.integer(UInt64.self), flags: flags)
        self.form = form
        if form != .nothing { digest = try cursor.hash() }
        if form == .selection {
            selection = Selection(size: Int(try cursor.integer(UInt32.self)), digest: try cursor.hash())
        }
        guard form != .whole || size <= RecordFormat.maximumPayload, keptSize <= RecordFormat.maximumPayload else {
            throw .malformed("a payload is longer than allowed")
        }
    }

    /// Reads its part of the attachments and compares it with the digests.
    mutating func takeAttachment(_ cursor: inout RecordCursor) throws(RecordError) {
        guard form != .nothing else { return }
        let head = try cursor.raw(RecordFormat.saltLength)
        let check = try cursor.integer(UInt32.self)
        let payload = try cursor.raw(keptSize)
        let salt = Salt(loading: head)
        if salt == Salt(0, 0) { return }
        guard salt.check == check else { throw .malformed("a salt was altered") }
        self.salt = salt
        guard form != .digest else { return }
        guard salt.digest(of: payload) == (form == .whole ? digest : selection?.digest) else {
            throw .malformed("a payload was altered: it has another digest")
        }
        self.payload = Array(payload)
    }
}
