import WaybillCore

/// XGBoost's own format, as JSON or UBJSON: plain data, nothing that runs.
struct XGBoost {
    private var facts: Members = [:]
    private var isModel = false

    /// Nil when the tree is something else than a model of XGBoost; it is read to its end all the same.
    static func inspect<Reader: TreeReader>(_ reader: inout Reader, format: Format) throws(InspectionError)
        -> Inspection?
    {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var model = XGBoost()
        try reader.object { (name, reader) throws(InspectionError) in
            switch (name, try reader.kind()) {
            case ("learner", .object): try model.readLearner(&reader)
            case ("version", .list): model.facts["version"] = try Self.small(&reader)
            case _: try reader.skip()
            }
        }
        guard model.isModel else { return nil }
        return model.inspection(format)
    }

    private static func small<Reader: TreeReader>(_ reader: inout Reader) throws(InspectionError) -> Value {
        var budget = 10_000
        return try reader.value(budget: &budget)
    }

    private mutating func readLearner<Reader: TreeReader>(_ reader: inout Reader) throws(InspectionError) {
        var found = self
        try reader.object { (name, reader) throws(InspectionError) in
            switch (name, try reader.kind()) {
            case ("attributes", .object): found.facts["metadata"] = try Self.small(&reader)
            case ("learner_model_param", .object):
                let parameters = try Self.small(&reader)
                for name in ["num_feature", "num_class", "num_target", "base_score"] {
                    found.facts[name] = parameters[name]
                }
                found.isModel = parameters["num_feature"] != nil
            case ("objective", .object): found.facts["objective"] = try Self.small(&reader)["name"]
            case ("feature_names", .list):
                var budget = 1_000_001
                let names = try reader.value(budget: &budget)
                if names.list?.isEmpty == false { found.facts["featureNames"] = names }
            case ("gradient_booster", .object): try found.readBooster(&reader)
            case _: try reader.skip()
            }
        }
        self = found
    }

    /// Takes the booster's name and how many trees it has; `dart` keeps a `gbtree` inside.
    private mutating func readBooster<Reader: TreeReader>(_ reader: inout Reader) throws(InspectionError) {
        var found = self
        try reader.object { (name, reader) throws(InspectionError) in
            switch (name, try reader.kind()) {
            case ("name", .scalar): if let name = try reader.scalar().string { found.facts["booster"] = .string(name) }
            case ("gbtree", .object):
                try found.readBooster(&reader)
                found.facts["booster"] = "dart"
            case ("model", .object):
                try reader.object { (name, reader) throws(InspectionError) in
                    guard name == "gbtree_model_param", try reader.kind() == .object else { return try reader.skip() }
                    found.facts["trees"] = try Self.number(Self.small(&reader)["num_trees"])
                }
            case _: try reader.skip()
            }
        }
        self = found
    }

    /// XGBoost writes its numbers as text.
    private static func number(_ value: Value?) throws(InspectionError) -> Value? {
        guard let text = value?.string else { return value }
        guard let number = Int64(text), number >= 0 else { throw .malformed("'\(text.prefix(40))' is no count") }
        return .integer(number)
    }

    private func inspection(_ format: Format) -> Inspection {
        var facts = facts
        for name in ["num_feature", "num_class", "num_target"] {
            if let number = facts[name]?.string.flatMap({ Int64($0) }) { facts[name] = .integer(number) }
        }
        let features = facts["num_feature"]?.integer ?? 0
        let input = Tensor(name: "", datatype: .FP32, shape: [-1, features])
        return Inspection(format: format.rawValue, inputs: features > 0 ? [input] : [], facts: facts)
    }
}
