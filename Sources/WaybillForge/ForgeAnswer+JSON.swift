import Foundation

extension ForgeAnswer {
    func decoded<Item: Decodable>(as type: Item.Type = Item.self) throws -> Item {
        try JSONDecoder().decode(type, from: Data(body))
    }
}
