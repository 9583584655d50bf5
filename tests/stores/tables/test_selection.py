from migrations_app.stores.tables.selection import Mapped, Selection, Transform, TransformKind


def test_the_keys_names_on_the_target_are_those_its_columns_are_mapped_to():
    selection = Selection(
        source="public.orders",
        target="shop.orders",
        key=("shop", "number"),
        columns=(
            Mapped("shop_id", "shop"),
            Mapped("note", "shop", (Transform(TransformKind.TRIM),)),
            Mapped("order_number", "number"),
        ),
    )

    assert selection.target_key == ("shop_id", "order_number")
