/// The last frame of a closed segment: what is in it, and the root of its tree. `docs/records.md` section 6.
package struct SegmentFooter: Hashable, Sendable {
    package static let maximumDeployments = 65_535

    package var count: UInt64 = 0
    /// Smallest and largest id; zeros without records.
    package var firstID = RecordID.zero
    package var lastID = RecordID.zero
    /// Earliest and latest time in microseconds since 1970; 0 without records.
    package var firstTime: UInt64 = 0
    package var lastTime: UInt64 = 0
    /// Since the segment before was closed.
    package var dropped: UInt64 = 0
    package var root = MerkleHash.empty
    package var deployments: [Deployment] = []

    /// One deployment's part of a segment.
    package struct Deployment: Hashable, Sendable {
        package var environment: String
        package var deployment: String
        package var count: UInt64 = 0
        package var dropped: UInt64 = 0
        package var payloadBytes: UInt64 = 0
        /// Seconds that its payloads are to be kept: the shortest that was in force.
        package var retention: UInt64

        package init(environment: String, deployment: String, retention: UInt64) {
            self.environment = environment
            self.deployment = deployment
            self.retention = retention
        }
    }

    package init() {}

    /// Counts a record that is in the segment.
    package mutating func count(_ id: RecordID, at time: UInt64) {
        if count == 0 {
            (firstID, lastID, firstTime, lastTime) = (id, id, time, time)
        } else {
            (firstID, lastID) = (min(firstID, id), max(lastID, id))
            (firstTime, lastTime) = (min(firstTime, time), max(lastTime, time))
        }
        count += 1
    }

    /// Appends it as the last frame of a segment. Deployments past the bound are left out.
    package func appendFrame(to bytes: inout ByteWriter) {
        let start = bytes.count
        bytes.leaveRoom(RecordFrame.overhead)
        bytes.append(RecordFormat.version)
        bytes.append(Record.Kind.footer.rawValue)
        bytes.append(big: count)
        bytes.append(firstID)
        bytes.append(lastID)
        bytes.append(big: firstTime)
        bytes.append(big: lastTime)
        bytes.append(big: dropped)
        bytes.append(root)
        let listed = deployments.prefix(Self.maximumDeployments)
        bytes.append(big: UInt32(listed.count))
        for one in listed {
            bytes.append(record: one.environment)
            bytes.append(record: one.deployment)
            bytes.append(big: one.count)
            bytes.append(big: one.dropped)
            bytes.append(big: one.payloadBytes)
            bytes.append(big: one.retention)
        }
        _ = RecordFrame.seal(&bytes, at: start, core: bytes.count - start - RecordFrame.overhead)
    }

    /// - Throws: `RecordError` when `core` is no footer.
    package init(core: UnsafeRawBufferPointer) throws(RecordError) {
        var cursor = RecordCursor(core)
        guard try Record.kind(&cursor) == .footer else {
            throw .malformed("a record stands where a footer is expected")
        }
        count = try cursor.integer(UInt64.self)
        (firstID, lastID) = (try cursor.id(), try cursor.id())
        (firstTime, lastTime) = (try cursor.integer(UInt64.self), try cursor.integer(UInt64.self))
        dropped = try cursor.integer(UInt64.self)
        root = try cursor.hash()
        let listed = Int(try cursor.integer(UInt32.self))
        guard listed <= Self.maximumDeployments else { throw .malformed("it names too many deployments") }
        for _ in 0..<listed {
            var one = Deployment(environment: try cursor.text(), deployment: try cursor.text(), retention: 0)
            one.count = try cursor.integer(UInt64.self)
            one.dropped = try cursor.integer(UInt64.self)
            one.payloadBytes = try cursor.integer(UInt64.self)
            one.retention = try cursor.integer(UInt64.self)
            deployments.append(one)
        }
        try cursor.finish()
    }
}
