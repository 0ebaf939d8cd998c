import Testing

@testable import WaybillCore

/// Objects keep their members in the order of canonical JSON, whatever the order in which they came.
@Suite struct MembersTests {
    @Test func `members stand in the order of the bytes of their names`() {
        var members = Members()
        for name in ["b", "é", "a", "ab", "Z", "日本", "", "\u{1F600}", "a\u{0}"] { members[name] = .string(name) }
        #expect(members.keys == ["", "Z", "a", "a\u{0}", "ab", "b", "é", "日本", "\u{1F600}"])
        #expect(members.map(\.value) == members.keys.map { .string($0) })
        for name in members.keys { #expect(members[name] == .string(name)) }
        #expect(members["c"] == nil)
    }

    @Test func `setting changes, adds and removes, and equal members are equal however they came`() {
        var members: Members = ["b": 1, "a": 2]
        members["b"] = 3
        members["c"] = 4
        members["a"] = nil
        members["none"] = nil
        #expect(members == ["c": 4, "b": 3])
        #expect(members.hashValue == Members(["b": 3, "c": 4] as [String: Value]).hashValue)
        #expect(members.removeValue(forKey: "b") == 3)
        #expect(members.removeValue(forKey: "b") == nil)
        #expect(Value.object(members).json == "{\"c\":4}")
    }

    @Test func `of the same name the last one stays, and names are the same only by their bytes`() {
        #expect(Members([("a", 1), ("b", 2), ("a", 3), ("a", 4)]) == ["a": 4, "b": 2])
        let composed = "\u{e9}"
        let decomposed = "e\u{301}"
        #expect(composed == decomposed)
        #expect(Members([(composed, 1), (decomposed, 2)]).count == 2)
    }

    @Test func `merging asks which of two stays`() {
        let (one, two): (Members, Members) = (["a": 1, "b": 1], ["b": 2, "c": 2])
        #expect(one.merging(two) { old, _ in old } == ["a": 1, "b": 1, "c": 2])
        #expect(one.merging(two) { _, new in new } == ["a": 1, "b": 2, "c": 2])
        #expect(one.filter { $0.key != "a" } == ["b": 1])
    }

    @Test func `as a dictionary of the same, in random order`() {
        var chance = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var (members, dictionary) = (Members(), [String: Value]())
            for _ in 0..<200 {
                let name = "n\(UInt8.random(in: 0...99, using: &chance))"
                let value: Value? = Bool.random(using: &chance) ? .integer(.random(in: 0...9, using: &chance)) : nil
                (members[name], dictionary[name]) = (value, value)
            }
            #expect(members == Members(dictionary))
            #expect(members.keys == dictionary.keys.sorted())
        }
    }
}
