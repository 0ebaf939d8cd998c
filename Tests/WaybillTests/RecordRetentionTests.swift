import Testing
import WaybillCore
import WaybillGateway
import WaybillTrust

@testable import waybill

/// Which payloads are to go, and which segments the ledger has.
@Suite struct RecordRetentionTests {
    private static let day: UInt64 = 86_400_000_000
    private static let key = "production/churn"

    private static func id(_ number: UInt64) -> RecordID { RecordID(high: number << 16, low: 0) }

    /// Segments of one deployment: the day of the latest record, and bytes of payloads.
    private static func seals(
        _ days: [(day: UInt64, bytes: UInt64)], retention: UInt64 = 30 * 86_400
    ) -> [RecordID: SegmentSeal] {
        var seals: [RecordID: SegmentSeal] = [:]
        for (place, one) in days.enumerated() {
            var footer = SegmentFooter()
            footer.lastTime = one.day * day
            var part = SegmentFooter.Deployment(environment: "production", deployment: "churn", retention: retention)
            part.payloadBytes = one.bytes
            footer.deployments = [part]
            seals[id(UInt64(place))] = SegmentSeal(entry: 1, footer)
        }
        return seals
    }

    private static func due(
        _ seals: [RecordID: SegmentSeal], _ rule: RecordingPolicy? = nil, day now: UInt64
    ) -> [String] {
        RecordRetention.due(seals, rules: rule.map { [key: $0] } ?? [:], now: now * day + 1).map { due in
            "\(due.segment.high >> 16): \(due.reason)"
        }
    }

    @Test func `payloads go after the days that their segment says, or that are in force when those are fewer`() {
        let seals = Self.seals([(0, 5), (20, 5), (29, 5)])
        #expect(Self.due(seals, day: 30) == ["0: kept for 30 days"])
        #expect(Self.due(seals, day: 29) == [])
        let shorter = RecordingPolicy(mode: .bestEffort, retentionDays: 7)
        #expect(Self.due(seals, shorter, day: 30) == ["0: kept for 7 days", "1: kept for 7 days"])
        let longer = RecordingPolicy(mode: .bestEffort, retentionDays: 300)
        #expect(Self.due(seals, longer, day: 30) == ["0: kept for 30 days"])
        // What a killed gateway left says nothing: the rules in force, or 30 days.
        let unsaid = Self.seals([(0, 5)], retention: 0)
        #expect(Self.due(unsaid, longer, day: 299) == [] && Self.due(unsaid, day: 30) == ["0: kept for 30 days"])
    }

    @Test func `past the size the oldest go, and what went already counts no more`() {
        var seals = Self.seals([(1, 600), (2, 10), (3, 600), (4, 300)])
        let rule = RecordingPolicy(mode: .bestEffort, maxBytes: 1000)
        #expect(
            Self.due(seals, rule, day: 5) == ["0: more than 1000 B are kept"])
        seals[Self.id(0)]?.markErased(Self.key)
        #expect(Self.due(seals, rule, day: 5) == [])
    }

    @Test func `the ledger's segments are remembered, the newest of them`() {
        var sealed = SealedSegments()
        for index in 0..<UInt64(2 * SealedSegments.limit + 1) {
            let event = Event(
                .recordsSealed, decision: DecisionID(1), time: Timestamp(milliseconds: 0), subject: "records",
                body: ["segment": .string("s\(index)")])
            sealed.take(index, event)
        }
        #expect(sealed.recent.count == SealedSegments.limit)
        #expect(sealed.recent["s\(2 * SealedSegments.limit)"] == UInt64(2 * SealedSegments.limit))
        #expect(sealed.recent["s0"] == nil)
    }
}
