import Foundation
import Testing
import WaybillCore

@testable import WaybillGateway

/// The form of a route table: what is read, what is refused and at which byte.
@Suite struct TableFormTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        var testDescription: String { message }
        var json: String
        var message: String

        init(_ json: String, _ message: String) {
            self.json = json
            self.message = message
        }
    }

    /// `routes` begins at byte 37.
    private static func table(_ routes: String) -> String {
        "{\"format\":1,\"generation\":2,\"routes\":[" + routes + "]}"
    }

    /// A route with rules of recording.
    private static func recording(_ mode: String, sample: Int = 5, redact: String = "") -> String {
        table(
            "{\"environment\":\"e\",\"deployment\":\"d\",\"servingProtocol\":\"oip-v2\",\"paths\":[],\"versions\":[],"
                + "\"backends\":[],\"recording\":{\"answer\":\"whole\",\"features\":[],\"mode\":" + mode
                + ",\"redact\":[" + redact + "],\"request\":\"none\",\"retentionDays\":30,\"sample\":\(sample)}}"
        ).replacing("\"format\":1", with: "\"format\":3")
    }

    /// A route whose texts and lists are sound, but for its deployment's name in JSON, which begins at byte 78.
    private static func named(_ name: String) -> String {
        table(
            "{\"environment\":\"production\",\"deployment\":" + name
                + ",\"servingProtocol\":\"oip-v2\",\"paths\":[],\"versions\":[],\"backends\":[]}")
    }

    @Test(arguments: [
        Bad("", "byte 0: an object is expected, but this is the end"),
        Bad("\u{FEFF}{}", "byte 0: an object is expected"),
        Bad("[]", "byte 0: an object is expected"),
        Bad(" {}", "byte 1: 'format' is missing from the object that begins here"),
        Bad("{\"format\":1", "byte 11: ',' or '}' is expected, but this is the end"),
        Bad("{\"format\":1,}", "byte 12: a text is expected"),
        Bad("{\"format\" 1}", "byte 10: ':' is expected"),
        Bad("{format:1}", "byte 1: a text is expected"),
        Bad("{\"format\":4,\"later\":{}}", "byte 10: its format is 4; this build reads formats 1 to 3"),
        Bad("{\"format\":0}", "byte 10: its format is 0; this build reads formats 1 to 3"),
        Bad(
            recording("\"required\"").replacing("\"format\":3", with: "\"format\":2"),
            "byte 10: its format is 2, but it says what needs format 3"),
        Bad(recording("\"perhaps\""), "byte 199: 'perhaps' is no word that may stand here"),
        Bad(
            recording("\"required\"", sample: 0),
            "e/d has 0 % of its predictions recorded; it may be 1 to 100"),
        Bad(recording("\"required\"", redact: "\"a\""), "'a', of e/d, is no JSON pointer"),
        Bad(
            table(
                "{\"environment\":\"e\",\"deployment\":\"d\",\"servingProtocol\":\"oip-v2\",\"paths\":[],\"versions\":[],"
                    + "\"backends\":[],\"model\":\"m\"}"),
            "byte 10: its format is 1, but it says what needs format 2"),
        Bad(
            table("{\"splits\":[{\"revision\":\"a\"}]}"),
            "byte 48: 'weight' is missing from the object that begins here"),
        Bad(table("{\"model\":\"a\",\"model\":\"a\"}"), "byte 50: 'model' is given twice"),
        Bad(table("{\"chooser\":null}"), "byte 48: a text is expected"),
        Bad("{\"format\":1.0}", "byte 10: an integer is expected"),
        Bad("{\"format\":01}", "byte 10: an integer is expected"),
        Bad("{\"format\":-}", "byte 10: an integer is expected"),
        Bad("{\"format\":\"1\"}", "byte 10: an integer is expected"),
        Bad("{\"format\":", "byte 10: an integer is expected, but this is the end"),
        Bad("{\"format\":9223372036854775808}", "byte 10: the number is out of range"),
        Bad("{\"generation\":-1}", "byte 14: the number is out of range"),
        Bad("{\"generation\":18446744073709551616}", "byte 14: the number is out of range"),
        Bad("{\"format\":1,\"format\":1}", "byte 12: 'format' is given twice"),
        Bad("{\"format\":1,\"f\\u006frmat\":1}", "byte 12: 'format' is given twice"),
        Bad("{\"format\":1,\"generation\":2,\"notes\":[]}", "byte 27: 'notes' is no member of this object"),
        Bad(
            "{\"" + String(repeating: "x", count: 65) + "\":1}",
            "byte 1: the text has more than 64 bytes"),
        Bad("{\"format\":1,\"routes\":[]}", "byte 0: 'generation' is missing from the object that begins here"),
        Bad("{\"format\":1,\"routes\":null}", "byte 21: a list is expected"),
        Bad(table("") + "x", "byte 39: the end is expected"),
        Bad(table("{}"), "byte 37: 'backends' is missing from the object that begins here"),
        Bad(table("[[[["), "byte 37: an object is expected"),
        Bad(
            table("{\"environment\":\"a\",\"backends\":[{\"port\":80}]}"),
            "byte 68: 'replica' is missing from the object that begins here"),
        Bad(table("{\"paths\":[1]}"), "byte 47: a text is expected"),
        Bad(table("{\"paths\":[\"a\" \"b\"]}"), "byte 51: ',' or ']' is expected"),
        Bad(named("null"), "byte 78: a text is expected"),
        Bad(named("\"a\nb\""), "byte 80: a control character in a text must be escaped"),
        Bad(named("\"a\\xb\""), "byte 80: JSON has no such escape"),
        Bad(named("\"\\u12G4\""), "byte 81: four hexadecimal digits are expected"),
        Bad(named("\"\\ud83d\""), "byte 79: half of a surrogate pair stands alone"),
        Bad(named("\"\\ud83d\\u0041\""), "byte 79: half of a surrogate pair stands alone"),
        Bad(named("\"\\ude00\""), "byte 79: half of a surrogate pair stands alone"),
        Bad(named("\"" + String(repeating: "x", count: 4097) + "\""), "byte 78: the text has more than 4096 bytes"),
        Bad("{\"format", "byte 8: the text does not end"),
        Bad("{\"for\\", "byte 5: JSON has no such escape"),
        Bad("{\"for\\u00", "byte 7: four hexadecimal digits are expected"),
        Bad(
            table("{\"paths\":[" + String(repeating: "\"\",", count: 1000) + "\"\"]}"),
            "byte 46: the list that begins here has more than 1000 entries"),
    ])
    func refused(_ row: Bad) {
        let failure = #expect(throws: Failure.self) { try RouteTable(checking: Array(row.json.utf8)) }
        #expect(failure?.message == "the route table is refused: " + row.message)
        #expect(failure?.disposition == .stall)
    }

    @Test func `text that is not UTF-8 is refused`() {
        let bytes = Array("{\"a".utf8) + [0xC3, 0x28] + Array("\":1}".utf8)
        let failure = #expect(throws: Failure.self) { try RouteTable(checking: bytes) }
        #expect(failure?.message == "the route table is refused: byte 1: the text is not UTF-8")
    }

    @Test func `more routes than the bound are not read`() {
        let route = RouteTable.Route(
            environment: "e", deployment: "d", servingProtocol: "openai", paths: [], versions: [], backends: [])
        let table = RouteTable(generation: 1, routes: Array(repeating: route, count: RouteTable.maximumRoutes + 1))
        let failure = #expect(throws: Failure.self) { try RouteTable(checking: table.json) }
        #expect(
            failure?.message
                == "the route table is refused: byte 36: the list that begins here has more than 20000 entries")
    }

    private static let sample = RouteTable(
        generation: .max,
        routes: [
            churn(1, 2),
            RouteTable.Route(
                environment: "e\"\\/\u{8}\u{9}\u{a}\u{c}\u{d}\u{0}\u{1f}\u{7f}é\u{2028}😀", deployment: "",
                servingProtocol: "x", paths: ["", "/a b"], versions: ["1", "2"],
                backends: [RouteTable.Backend(replica: "r", revision: "", version: "1", port: -5)]),
        ])

    /// The sample with everything that format 2 adds.
    private static let sample2 = RouteTable(
        generation: 7,
        routes: [
            divided(("sha256:a", 95, 1), ("sha256:b", 5, 2), chooser: "x-try"),
            RouteTable.Route(
                environment: "e", deployment: "d", servingProtocol: "http", paths: ["/"], versions: ["1"],
                backends: [.init(replica: "r", revision: "x", version: "1", port: 4, commit: "0123abcd")], model: "m\"m"
            ),
        ])

    /// The same as Foundation's values, of which it writes JSON by itself.
    private static func values(_ table: RouteTable) -> [String: Any] {
        let routes = table.routes.map { route in
            var members: [String: Any] = [
                "environment": route.environment, "deployment": route.deployment,
                "servingProtocol": route.servingProtocol, "paths": route.paths, "versions": route.versions,
                "backends": route.backends.map { backend in
                    var members: [String: Any] = [
                        "replica": backend.replica, "revision": backend.revision, "version": backend.version,
                        "port": backend.port,
                    ]
                    if !backend.commit.isEmpty { members["commit"] = backend.commit }
                    return members
                },
            ]
            if !route.model.isEmpty { members["model"] = route.model }
            if let chooser = route.chooser { members["chooser"] = chooser }
            if !route.splits.isEmpty {
                members["splits"] = route.splits.map {
                    ["revision": $0.revision, "weight": $0.weight] as [String: Any]
                }
            }
            return members
        }
        return ["format": table.format, "generation": table.generation, "routes": routes]
    }

    @Test(arguments: [sample, sample2])
    func `what is written is what Foundation writes, and is read back`(_ table: RouteTable) throws {
        let written = try JSONSerialization.data(
            withJSONObject: Self.values(table), options: [.sortedKeys, .withoutEscapingSlashes])
        #expect(String(decoding: table.json, as: UTF8.self) == String(decoding: written, as: UTF8.self))
        #expect(try RouteTable(reading: table.json) == table)
    }

    @Test func `a table is written in the oldest format that can say it`() {
        #expect(Self.sample.format == 1)
        #expect(Self.sample2.format == 2)
        #expect(Self.sample.json.starts(with: Array("{\"format\":1,".utf8)))
        #expect(Self.sample2.json.starts(with: Array("{\"format\":2,".utf8)))
        #expect(RouteTable(generation: 1, routes: [churn(1)]).format == 1)
        var route = churn(1)
        route.chooser = "x-try"
        #expect(RouteTable(generation: 1, routes: [route]).format == 2)
    }

    @Test(arguments: [sample, sample2])
    func `every escape, white space and any order of members are read`(_ table: RouteTable) throws {
        let written = try JSONSerialization.data(withJSONObject: Self.values(table), options: [.prettyPrinted])
        #expect(try RouteTable(reading: Array(written)) == table)
        let name = "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\ud83d\\ude00\""
        #expect(
            try RouteTable(reading: Array(Self.named(name).utf8)).routes.first?.deployment
                == "\"\\/\u{8}\u{c}\n\r\tAé😀")
    }

    @Test(arguments: [RouteTable(generation: 3, routes: [churn(1, 2)]), sample2])
    func `no table cut short or changed in one byte is anything but read or refused`(_ table: RouteTable) {
        let whole = table.json
        for end in whole.indices {
            #expect(throws: JSONCursor.Malformed.self) { try RouteTable(reading: Array(whole[..<end])) }
        }
        for place in whole.indices {
            for byte in [0, 0x22, 0x5B, 0x5C, 0x7D, 0xFF] as [UInt8] {
                var changed = whole
                changed[place] = byte
                guard let table = try? RouteTable(reading: changed) else { continue }
                // Read as what it says: written again it is the same but for escapes, which none of these make.
                #expect(table.json == changed)
            }
        }
    }
}
