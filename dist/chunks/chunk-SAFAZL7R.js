import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a as t}from"./chunk-TIW75LUV.js";function r(n){return t(`${n.system}-${n.environment}`)}export{r as a};
