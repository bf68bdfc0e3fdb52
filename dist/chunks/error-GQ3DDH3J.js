import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{b as a,c as b,d as c,e as d,f as e}from"./chunk-AXHS73NG.js";import"./chunk-CJQNUHTM.js";export{a as SluiceError,e as bug,d as externalError,b as problemLine,c as usageError};
