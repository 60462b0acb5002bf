//! The macros that spare every other crate a `cfg` for the model checker, under one.

/// Declares a function that is `const` on hardware and an ordinary one under the model checker.
#[macro_export]
macro_rules! const_on_hardware {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])* $vis fn $($rest)*
    };
}

/// Keeps the items inside it on hardware and drops them under the model checker.
#[macro_export]
macro_rules! hardware_only {
    ($($item:item)*) => {};
}

/// Declares statics: plain ones on hardware, fresh ones for each execution under the model checker.
#[macro_export]
macro_rules! global {
    ($($(#[$meta:meta])* $vis:vis static $name:ident: $ty:ty = $init:expr;)*) => {
        $(
            $(#[$meta])*
            #[allow(non_camel_case_types, missing_debug_implementations, reason = "stands for the static of that name")]
            $vis struct $name {
                _private: (),
            }

            $vis static $name: $name = $name { _private: () };

            impl ::core::ops::Deref for $name {
                type Target = $ty;

                fn deref(&self) -> &$ty {
                    fn init() -> $ty {
                        $init
                    }
                    static LAZY: $crate::__private::Lazy<$ty> = $crate::__private::lazy(init);
                    LAZY.get()
                }
            }
        )*
    };
}
