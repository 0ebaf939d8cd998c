import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillEvaluate
import WaybillTestSupport

/// A model that is a function: scores a row by its first feature, as its server would answer.
private struct Model: CandidatePort {
    var answer: @Sendable (Value) -> Value = { Model.scores($0) }

    func ask(_ body: [UInt8]) async throws(Failure) -> [UInt8] {
        guard let request = Value(json: body) else {
            throw Failure(.stall, reason: "CandidateFailed", message: "no JSON")
        }
        return answer(request).jsonBytes
    }

    static func scores(_ request: Value) -> Value {
        let tensor = request["inputs"]?.list?.first
        let shape = (tensor?["shape"]?.list ?? []).compactMap(\.integer)
        let data = (tensor?["data"]?.list ?? []).compactMap(\.number)
        let (rows, width) = (Int(shape.first ?? 0), Int(shape.last ?? 1))
        let first = (0..<rows).map { data[$0 * width] }
        return [
            "outputs": [
                [
                    "name": "p", "datatype": "FP64", "shape": [.integer(Int64(rows)), 2],
                    "data": .list(first.flatMap { [Value.number(1 - $0), .number($0)] }),
                ],
                [
                    "name": "label", "datatype": "INT64", "shape": [.integer(Int64(rows)), 1],
                    "data": .list(first.map { .integer($0 > 0.5 ? 1 : 0) }),
                ],
            ]
        ]
    }
}

@Suite struct CandidateTests {
    private static let seed = Digest(of: "seed".utf8)

    private func data(
        _ target: String = "y", features: [String] = [], classes: [String] = ["0", "1"], batch: Int = 2
    ) throws -> LabelledData {
        LabelledData(
            name: try Name(parsing: "d"),
            file: DataFile(source: .repository(path: "data.csv"), digest: Digest(of: "".utf8), size: 1), format: .csv,
            target: target, features: features, classes: classes, batch: batch)
    }

    private func version(_ inputs: [Tensor]) throws -> ModelVersion {
        ModelVersion(id: try VersionID(parsing: "churn@1.0.0"), format: "f", artifacts: [], inputs: inputs)
    }

    private let wide = [Tensor(name: "x", datatype: .FP64, shape: [-1, 2])]

    private func questions(
        _ csv: String, _ data: LabelledData? = nil, inputs: [Tensor]? = nil, target: ColumnRequest.Kind = .label
    ) async throws -> LabelledQuestions {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "blob")
            try Data(csv.utf8).write(to: file)
            return try LabelledQuestions(
                try data ?? self.data(), at: file.path, for: try version(inputs ?? wide), target: target)
        }
    }

    private let rows = "a,b,y\n0.9,1,1\n0.8,1,1.0\n0.2,1,0\n0.6,1,0\n0.4,1,1\n"

    @Test func `rows are asked some at a time, and metrics are those of all of them`() async throws {
        let questions = try await questions(rows)
        let found = try await Predictions(asking: Model(), questions, outputs: ["p", "label"])
        let auc = MetricQuestion(.rocAuc, data: "d", output: "p")
        let value = auc.measure(try found.input(for: auc), questions.data, claimed: nil, seed: Self.seed)
        // Of six pairs five are in order: 0.9, 0.8 over both; 0.4 over 0.2 only.
        #expect(value.value == 5.0 / 6 && value.samples == 5 && value.problem == nil)
        let accuracy = MetricQuestion(.accuracy, data: "d", output: "label")
        #expect(
            accuracy.measure(try found.input(for: accuracy), questions.data, claimed: nil, seed: Self.seed).value == 0.6
        )
    }

    /// Rows of which the model gets `share` wrong, in two cities.
    private func many(_ share: Double) -> String {
        "a,b,y,city\n"
            + (0..<400).map { row in
                let isRight = Double(row % 100) >= share * 100
                let isPositive = row % 2 == 0
                return
                    "\(isPositive ? 0.9 : 0.1),1,\(isPositive == isRight ? 1 : 0),\(row % 100 < 50 ? "Rome" : "Ulm")\n"
            }.joined()
    }

    @Test func `a metric has its interval, and a baseline is compared on the same rows`() async throws {
        let data = try data(features: ["a", "b"], batch: 100)
        let questions = try await questions(many(0.1), data)
        let question = MetricQuestion(.accuracy, data: "d", output: "label")
        let mine = try await Predictions(asking: Model(), questions, outputs: [])
        let value = question.measure(try mine.input(for: question), data, claimed: nil, seed: Self.seed)
        #expect(value.value == 0.9)
        let interval = try #require(value.interval)
        #expect(interval.contains(0.9) && interval.lowerBound > 0.86 && interval.upperBound < 0.93)
        let worse = Model { request in
            let answer = Model.scores(request)
            return ["outputs": .list((answer["outputs"]?.list ?? []).map(Self.spoilt))]
        }
        let theirs = try await Predictions(asking: worse, questions, outputs: [])
        let version = try VersionID(parsing: "churn@0.9.0")
        func verdict(_ margin: Double, swapped: Bool = false) throws -> Verdict {
            let notWorse = MetricCheck.NotWorse(than: try Name(parsing: "production"), margin: margin)
            let (ours, other) = swapped ? (theirs, mine) : (mine, theirs)
            var value = question.measure(try ours.input(for: question), data, claimed: nil, seed: Self.seed)
            value.baseline = try question.compare(
                try ours.input(for: question), with: try other.input(for: question), of: version, data, by: notWorse,
                seed: Self.seed)
            return Gate(.metric(MetricCheck(question, notWorse: notWorse))).judge(.metric(value)).verdict
        }
        #expect(try verdict(0.01) == .passed)
        #expect(try verdict(0.01, swapped: true) == .failed)
        #expect(try verdict(0.9, swapped: true) == .passed)
    }

    /// Every fourth label turned around.
    private static func spoilt(_ output: Value) -> Value {
        guard output["name"] == "label", var members = output.object else { return output }
        members["data"] = .list(
            (output["data"]?.list ?? []).enumerated().map { place, label in
                place % 4 == 0 ? .integer(1 - (label.integer ?? 0)) : label
            })
        return .object(members)
    }

    @Test func `groups of rows are measured apart, the worst first`() async throws {
        let data = try data(features: ["a", "b"], batch: 100)
        let path = many(0.2)
        let questions = try await withTemporaryFolder { folder in
            let file = folder.appending(path: "blob")
            try Data(path.utf8).write(to: file)
            return try LabelledQuestions(
                data, at: file.path, for: try version(wide), target: .label, groups: ["city", "b"])
        }
        let answered = try await Predictions(asking: Model(), questions, outputs: [])
        let check = SliceCheck(MetricQuestion(.accuracy, data: "d", output: "label"), by: "city", bound: 0.8, gap: 0.2)
        let found = try check.measure(
            try answered.input(for: check.question), by: try #require(questions.group("city")), data, seed: Self.seed)
        #expect(found.slices.map(\.name) == ["Rome", "Ulm"])
        #expect(found.slices.map(\.value) == [0.6, 1] && found.slices.map(\.count) == [200, 200])
        #expect(found.gap?.value == 0.4)
        #expect(Gate(.slice(check)).judge(.slice(found)).verdict == .failed)
        #expect(questions.group("b")?.names == ["1"])
        #expect(questions.group("zip") == nil)
    }

    @Test func `each input takes the column of its name, with its own type`() async throws {
        let inputs = [
            Tensor(name: "age", datatype: .INT64, shape: [-1]), Tensor(name: "city", datatype: .BYTES, shape: [-1, 1]),
            Tensor(name: "old", datatype: .BOOL, shape: [-1]),
        ]
        let questions = try await questions(
            "city,age,old,y\nRome,30,1,1\n\"Ulm, Donau\",41,0,0\n", inputs: inputs)
        let asked = Asked()
        _ = try? await Predictions(asking: Model { asked.take($0) }, questions, outputs: ["p"])
        #expect(
            asked.first
                == #"{"inputs":[{"data":[30,41],"datatype":"INT64","name":"age","shape":[2]},{"data":["Rome","Ulm, Donau"],"datatype":"BYTES","name":"city","shape":[2,1]},{"data":[true,false],"datatype":"BOOL","name":"old","shape":[2]}],"outputs":[{"name":"p"}]}"#
        )
    }

    @Test(
        arguments: [
            ("a,y\n1,1\n", "churn@1.0.0 takes 2 columns in 'x', and the data has 1 features"),
            ("a,b,z\n1,1,1\n", "data.csv: error: there is no column 'y'"),
            ("a,b,y\n1,,1\n", "data.csv: row 1 has no 'b', and a request needs every feature"),
            ("a,b,y\n1,high,1\n", "data.csv:2:3: error: 'high' in 'b' is not a number"),
        ])
    func `data that the version cannot be asked is refused with its place`(_ csv: String, _ expected: String)
        async throws
    {
        let failure = await #expect(throws: Failure.self) { _ = try await questions(csv) }
        #expect(failure?.message.hasPrefix(expected) == true, "\(failure?.message ?? "")")
    }

    @Test func `an interface that no table has is refused`() async throws {
        let pictures = [Tensor(name: "image", datatype: .FP32, shape: [-1, 3, 8, 8])]
        let misspelt = [Tensor(name: "bb", datatype: .FP32, shape: [-1])]
        for (inputs, expected) in [
            ([], "churn@1.0.0 says nothing of its inputs; write 'spec.interface.inputs'"),
            (pictures, "churn@1.0.0 has the input 'image' of shape [-1, 3, 8, 8], which no column of a table is"),
            (misspelt, "churn@1.0.0 has the input 'bb', and the data no such column; there is 'b'"),
        ] {
            let failure = await #expect(throws: Failure.self) { _ = try await questions(rows, inputs: inputs) }
            #expect(failure?.message == expected)
        }
    }

    @Test(
        arguments: [
            ("{}", "the answer has no 'outputs'"), (#"{"error": "boom"}"#, "the answer has no 'outputs': boom"),
            (
                #"{"outputs": [{"name": "p", "datatype": "FP64", "shape": [1], "data": [1]}]}"#,
                "'p' has 1 rows, and 2 were asked"
            ),
            (
                #"{"outputs": [{"name": "p", "datatype": "FP64", "shape": [2], "data": [1]}]}"#,
                "tensor 'p' has 1 elements, and its shape is [2]"
            ),
            (
                #"{"outputs": [{"name": "p", "datatype": "FP64", "shape": [-2], "data": []}]}"#,
                "tensor 'p' has the shape [-2], which is too large"
            ),
            (
                #"{"outputs": [{"name": "p", "datatype": "FLOAT", "shape": [2], "data": [1, 2]}]}"#,
                "tensor 'p' has no 'datatype' of the protocol"
            ),
            (
                #"{"outputs": [{"name": "p", "datatype": "FP64", "shape": [0, 4000000000, 4000000000], "data": []}]}"#,
                "tensor 'p' has the shape [0, 4000000000, 4000000000], which is too large"
            ),
            (
                #"{"outputs": [{"name": "p", "datatype": "FP64", "shape": [9999999, 9999999], "data": []}]}"#,
                "tensor 'p' has the shape [9999999, 9999999], which is too large"
            ),
        ])
    func `an answer that is none of the protocol is named`(_ answer: String, _ expected: String) async throws {
        let questions = try await questions(rows)
        let value = try #require(Value(json: Array(answer.utf8)))
        let failure = await #expect(throws: Failure.self) {
            _ = try await Predictions(asking: Model { _ in value }, questions, outputs: [])
        }
        #expect(failure?.message == "the candidate's answer cannot be measured: row 1: \(expected)")
    }

    @Test func `NaN and missing numbers of an answer leave a metric undefined`() async throws {
        let questions = try await questions(rows, try data(batch: 100))
        let broken: Value = [
            "outputs": [
                [
                    "name": "p", "datatype": "FP64", "shape": [5, 1],
                    "data": [.number(0.5), "NaN", .number(0.5), .number(0.5), .null],
                ]
            ]
        ]
        let found = try await Predictions(asking: Model { _ in broken }, questions, outputs: [])
        let auc = MetricQuestion(.rocAuc, data: "d")
        let value = auc.measure(try found.input(for: auc), questions.data, claimed: nil, seed: Self.seed)
        #expect(value.value == nil && value.problem == "row 2: the score is not a finite number")
        #expect(
            Gate(.metric(MetricCheck(auc, atLeast: 0, minSamples: 1))).judge(.metric(value)).verdict == .inconclusive)
    }

    @Test func `two columns of scores are told apart by their classes, never by chance`() async throws {
        func area(_ positive: String, _ classes: [String]) async throws -> Double? {
            var data = try data(classes: classes)
            data.positive = positive
            let questions = try await questions(rows, data)
            let found = try await Predictions(asking: Model(), questions, outputs: ["p"])
            let auc = MetricQuestion(.rocAuc, data: "d", output: "p")
            return auc.measure(try found.input(for: auc), data, claimed: nil, seed: Self.seed).value
        }
        #expect(try await area("1", []) == 5.0 / 6)
        // Of the other label the other column: as good.
        #expect(try await area("0", ["0", "1"]) == 5.0 / 6)
        let failure = await #expect(throws: Failure.self) { _ = try await area("0", []) }
        #expect(
            failure?.message
                == "the candidate's answer cannot be measured: 'p' has two columns, and which is of '0' is not said; write 'classes' of the data 'd'"
        )
    }

    @Test func `a question without an output means the interface's first, whatever the answer begins with`()
        async throws
    {
        var version = try version(wide)
        version.outputs = [Tensor(name: "label", datatype: .INT64, shape: [-1, 1])]
        let text = rows
        let (data, named) = (try data(), version)
        let questions = try await withTemporaryFolder { folder in
            let file = folder.appending(path: "blob")
            try Data(text.utf8).write(to: file)
            return try LabelledQuestions(data, at: file.path, for: named, target: .label)
        }
        let found = try await Predictions(asking: Model(), questions, outputs: [])
        let accuracy = MetricQuestion(.accuracy, data: "d")
        #expect(accuracy.measure(try found.input(for: accuracy), data, claimed: nil, seed: Self.seed).value == 0.6)
    }

    @Test func `a regression compares numbers`() async throws {
        let questions = try await questions("a,b,y\n1,1,1\n2,1,4\n", target: .number)
        let echo: @Sendable (Value) -> Value = { request in
            let data = (request["inputs"]?.list?.first?["data"]?.list ?? []).enumerated().filter { $0.offset % 2 == 0 }
            return [
                "outputs": [["name": "y", "datatype": "FP64", "shape": [2], "data": .list(data.map(\.element))]]
            ]
        }
        let found = try await Predictions(asking: Model(answer: echo), questions, outputs: [])
        let error = MetricQuestion(.mae, data: "d")
        #expect(error.measure(try found.input(for: error), questions.data, claimed: nil, seed: Self.seed).value == 1)
        let labels = MetricQuestion(.accuracy, data: "d")
        let failure = #expect(throws: Failure.self) { _ = try found.input(for: labels) }
        #expect(
            failure?.message
                == "the candidate's answer cannot be measured: 'y' holds numbers, and 'accuracy' needs labels")
    }
}

/// What a candidate was asked first.
private final class Asked: Sendable {
    private let text = Mutex<String?>(nil)

    var first: String? { text.withLock { $0 } }

    func take(_ request: Value) -> Value {
        text.withLock { $0 = $0 ?? request.json }
        return [:]
    }
}

@Suite struct GoldenTests {
    private let file = """
        {"request": {"inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 1], "data": [0.25]}]}, \
        "response": {"outputs": [{"name": "p", "datatype": "FP64", "shape": [1, 2], "data": [0.75, 0.25]}, \
        {"name": "label", "datatype": "INT64", "shape": [1, 1], "data": [0]}]}}

        """

    private func measure(
        _ text: String, _ tolerances: [GoldenCheck.Tolerance] = [],
        answer: @escaping @Sendable (Value) -> Value = Model.scores
    ) async throws -> GateMeasurement.GoldenAnswers {
        try await GoldenRequests(parsing: Array(text.utf8)).measure(Model(answer: answer), tolerances)
    }

    @Test func `what is answered as recorded passes, spelt nested or flat`() async throws {
        #expect(try await measure(file + "\n" + file) == .init(requests: 2, differences: [], differing: 0))
        let nested = file.replacing("[0.75, 0.25]", with: "[[0.75, 0.25]]")
        #expect(try await measure(nested).differing == 0)
        #expect(try await measure("").requests == 0)
    }

    @Test(
        arguments: [
            ("[0.75, 0.25]", "[0.75, 0.2501]", [], "'p'[1] is 0.25, recorded 0.2501"),
            ("[0.75, 0.25]", "[0.75, 0.2501]", [GoldenCheck.Tolerance(output: "p", absolute: 1e-3)], nil),
            ("[0.75, 0.25]", "[0.75, 0.2501]", [GoldenCheck.Tolerance(output: "p", relative: 1e-3)], nil),
            (
                "[0.75, 0.25]", "[0.75, 0.2501]", [GoldenCheck.Tolerance(output: "q", absolute: 1)],
                "'p'[1] is 0.25, recorded 0.2501"
            ),
            (
                "\"data\": [0]", "\"data\": [1]", [GoldenCheck.Tolerance(output: "label", absolute: 5)],
                "'label'[0] is 0, recorded 1"
            ),
            ("\"label\"", "\"labels\"", [], "there is no output 'labels'"),
            ("\"shape\": [1, 2]", "\"shape\": [2, 1]", [], "'p' is FP64 [1, 2], recorded FP64 [2, 1]"),
        ] as [(String, String, [GoldenCheck.Tolerance], String?)])
    func `a difference is named by its line and place`(
        _ part: String, _ other: String, _ tolerances: [GoldenCheck.Tolerance], _ expected: String?
    ) async throws {
        let found = try await measure(file.replacing(part, with: other), tolerances)
        #expect(found.differences == (expected.map { ["line 1: \($0)"] } ?? []))
    }

    @Test(
        arguments: [
            ("nonsense", "line 1: expected {\"request\": {…}, \"response\": {…}}"),
            ("\n{\"request\": {}}", "line 2: expected {\"request\": {…}, \"response\": {…}}"),
            ("{\"request\": {}, \"response\": {}}", "line 1: the answer has no 'outputs'"),
            ("{\"request\": {}, \"response\": {\"outputs\": []}}", "line 1: nothing is recorded in 'response'"),
        ])
    func `a line that is none is named`(_ text: String, _ expected: String) {
        #expect(throws: InvalidInput(expected)) { try GoldenRequests(parsing: Array(text.utf8)) }
    }
}
