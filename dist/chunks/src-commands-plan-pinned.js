import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-MFXPZU2D.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as holdTo};
